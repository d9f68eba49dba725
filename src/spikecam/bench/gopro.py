"""The papers' tables of deblurring on Spike-GOPRO: SpikeReveal 1 to 3, SpikeGen 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.bench import published_figures
from spikecam.bench.comparison import (
    BLURRY_PICTURE,
    MethodScores,
    WeightedMethod,
    list_method_and_weights_names,
    score_methods,
)
from spikecam.bench.deblurring_cases import MIDDLE_FRAME, describe_and_iter_gopro_cases
from spikecam.bench.metric_availability import NATURALNESS_METRICS, choose_metrics
from spikecam.bench.published_figures import format_figure
from spikecam.bench.report import Report, Table, comparability_note
from spikecam.encoding import LINEAR, SRGB, Encoding
from spikecam.errors import OptionError
from spikecam.metrics.score import METRICS

THRESHOLDS = (1, 2, 4)
_METRICS = ("psnr", "ssim", "ssim_s_sdm", "colour_error", *NATURALNESS_METRICS)
_ABLATION_METRICS = ("psnr", "ssim", "ssim_s_sdm", *NATURALNESS_METRICS)

Say = Callable[[str], None]


def scores_at_threshold(
    data_folder: Path | None,
    threshold: int,
    methods: Sequence[str],
    *,
    metrics: Sequence[str] = ("psnr", "ssim"),
    limit: int | None = None,
) -> dict[str, MethodScores]:
    """Score methods at one threshold, and return the scores by name.

    Errors are those of `describe_and_iter_gopro_cases`.
    """
    _, cases = describe_and_iter_gopro_cases(data_folder, threshold, limit)
    return score_methods(cases, [WeightedMethod.parse(name) for name in methods], metrics)[0]


def score_on_gopro(
    data_folders: Path | Sequence[Path] | None = None,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    thresholds: Sequence[int] = THRESHOLDS,
    limit: int | None = None,
    known_encoding: bool = False,
    command: str = "spikecam bench gopro",
    say: Say = print,
) -> Report:
    """Score methods on Spike-GOPRO at several thresholds, and return the report.

    For each data set the report has scores of the sequence and of the middle frame; several stand
    side by side in a first table, by the first of the metrics.

    Args:
        data_folders: data sets (see `describe_and_iter_gopro_cases`); without any it is the
            synthetic set, with values of pictures as light, and in real light.
        methods: METHOD[:WEIGHTS[,WEIGHTS]]; by default `list_method_and_weights_names`.
        metrics: names, see `score`; by default with NIQE and BRISQUE, where they can be had.
        thresholds: V_th.
        limit: number of cases, from the first.
        known_encoding: give methods the encoding of the pictures; else they measure it.
        command: command line to print in the report.
        say: takes a line of progress.
    """
    methods = methods or list_method_and_weights_names()
    entries = [WeightedMethod(BLURRY_PICTURE)] + [
        replace(WeightedMethod.parse(name), knows_encoding=known_encoding) for name in methods
    ]
    names, missing = choose_metrics(metrics, _METRICS, say)
    case_sets = _list_case_sets(data_folders)
    # Before hours of work: all of them are there.
    for case_set, threshold in product(case_sets, thresholds):
        describe_and_iter_gopro_cases(case_set.folder, threshold, limit, case_set.encoding)
    tables: list[Table] = []
    pictures: dict[str, dict[str, Any]] = {}
    sources: list[str] = []
    all_scores: dict[str, dict[int, dict[str, MethodScores]]] = {}
    for case_set in case_sets:
        scores, set_sources, set_pictures = _score_case_set(
            case_set, entries, names, thresholds, limit, say
        )
        # What was published is of the papers' protocol, which stands first.
        figures = {} if all_scores else published_figures.sequence_figures()
        new_tables = _case_set_tables(
            case_set, scores, set_sources, entries, names, figures, list(missing.values())
        )
        if len(case_sets) > 1:
            for table in new_tables:
                table.name += f"-{case_set.label.replace(' ', '-')}"
                table.title += f", {case_set.label}"
            set_pictures = {f"{case_set.label}, {name}": p for name, p in set_pictures.items()}
        all_scores[case_set.label] = scores
        tables += new_tables
        pictures |= set_pictures
        sources += set_sources
    if len(case_sets) > 1:
        tables.insert(0, _side_by_side_table(all_scores, entries, names[0]))
    source = "; ".join(dict.fromkeys(sources))
    return Report("gopro", "Deblurring with spikes", source, command, tables, pictures)


@dataclass(frozen=True)
class _CaseSet:
    """A set of test cases to score, see `describe_and_iter_gopro_cases`.

    Attributes:
        label: in tables.
        folder: a data set; None for the synthetic set.
        encoding: of the pictures of the synthetic set.
    """

    label: str
    folder: Path | None
    encoding: Encoding = LINEAR


def _list_case_sets(data_folders: Path | Sequence[Path] | None) -> list[_CaseSet]:
    """List the sets of test cases, with labels that differ.

    Raises:
        OptionError: a folder is named twice.
    """
    if not data_folders:
        return [_CaseSet("values as light", None), _CaseSet("real light", None, SRGB)]
    folders = [data_folders] if isinstance(data_folders, Path) else list(data_folders)
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise OptionError("a data set is named twice; name each once")
    names = [folder.resolve().name for folder in folders]
    is_unique = len(set(names)) == len(names)
    return [
        _CaseSet(name if is_unique else f"{name} {number}", folder)
        for number, (name, folder) in enumerate(zip(names, folders, strict=True), start=1)
    ]


def _score_case_set(
    case_set: _CaseSet,
    entries: Sequence[WeightedMethod],
    metrics: Sequence[str],
    thresholds: Sequence[int],
    limit: int | None,
    say: Say,
) -> tuple[dict[int, dict[str, MethodScores]], list[str], dict[str, dict[str, Any]]]:
    """Score methods on a set of cases: scores by threshold, descriptions, and pictures."""
    scores, sources, pictures = {}, [], {}
    for threshold in thresholds:
        source, cases = describe_and_iter_gopro_cases(
            case_set.folder, threshold, limit, case_set.encoding
        )
        sources.append(source)
        say(f"V_th = {threshold}: {source}")
        scores[threshold], case_pictures = score_methods(cases, entries, metrics)
        for scene, pictures_by_label in case_pictures.items():
            pictures[f"{scene}, V_th = {threshold}"] = pictures_by_label
    return scores, sources, pictures


def _case_set_tables(
    case_set: _CaseSet,
    scores: dict[int, dict[str, MethodScores]],
    sources: Sequence[str],
    entries: Sequence[WeightedMethod],
    metrics: Sequence[str],
    figures: dict[str, published_figures.Figures],
    further_notes: Sequence[str],
) -> list[Table]:
    """Tables of a set of cases: the sequence, where there is one, and the middle frame."""
    counts = _frame_counts(next(iter(scores.values()))[BLURRY_PICTURE])
    notes = [
        comparability_note(sources[0], case_set.folder, "Spike-GOPRO"),
        "SSIM is on pictures in [0, 1]; SpikeReveal's authors computed theirs on [-1, 1]",
        *further_notes,
    ]
    if len(set(sources)) > 1:
        notes.append(
            "thinning spikes also thins those without cause, so that scores above V_th 1 come out "
            "too high"
        )
    for label, own in next(iter(scores.values())).items():
        if len(own.frames) < counts[0]:
            notes.append(
                f"{label} is scored on {len(own.frames)} frames, those whose window lies inside "
                "the recording"
            )
    middle = _score_table_rows(scores, entries, metrics, MIDDLE_FRAME, {})
    tables = [Table("middle", f"Middle frame ({counts[1]} frames)", middle, notes)]
    if counts[0] == counts[1]:
        notes.append("the papers' figures are of 7 frames, and this data set has the middle one")
        return tables
    rows = _score_table_rows(scores, entries, metrics, None, figures)
    return [Table("sequence", f"Sequence ({counts[0]} frames)", rows, notes), *tables]


def _side_by_side_table(
    scores: dict[str, dict[int, dict[str, MethodScores]]],
    entries: Sequence[WeightedMethod],
    metric: str,
) -> Table:
    """Table of one metric by method, with the thresholds of all sets of cases side by side."""
    rows = []
    for entry in entries:
        row: dict[str, Any] = {"method": entry.label}
        for label, by_threshold in scores.items():
            for threshold, by_method in by_threshold.items():
                row[f"{label}, V_th {threshold}"] = by_method[entry.label].mean(metric)
        rows.append(row)
    return Table("side-by-side", f"{METRICS[metric].heading}, all frames", rows)


def score_modules(
    data_folder: Path | None = None,
    *,
    weights: tuple[str, str, str] = ("bsn", "edsr", "ldn"),
    limit: int | None = None,
    command: str = "spikecam bench modules",
    say: Say = print,
) -> Report:
    """Score the modules of S-SDM, and return the report.

    As in SpikeReveal's Table 2, in the middle frame and at V_th = 1.

    Args:
        data_folder, limit, command, say: as for `score_on_gopro`.
        weights: of BSN, EDSR and LDN; names of those that ship, or files.
    """
    bsn, sr, ldn = weights
    entries = [
        WeightedMethod("I-1: SDM", "teacher", ("none", "none")),
        WeightedMethod("I-2: BSN, SDM", "teacher", (bsn, "none")),
        WeightedMethod("I-3: BSN, SR, SDM", "teacher", (bsn, sr)),
        WeightedMethod("I-4: LDN", "ldn", (ldn,)),
    ]
    figures = published_figures.module_figures()
    title = "Modules of S-SDM"
    return ablation_report("modules", title, data_folder, entries, figures, limit, command, say)


def ablation_report(
    name: str,
    title: str,
    data_folder: Path | None,
    methods: Sequence[WeightedMethod],
    published: dict[str, published_figures.Figures],
    limit: int | None,
    command: str,
    say: Say,
) -> Report:
    """Make the report of an ablation, with published figures beside the scores.

    The scores are of the middle frame at V_th = 1.
    """
    source, cases = describe_and_iter_gopro_cases(data_folder, 1, limit)
    say(source)
    names, missing = choose_metrics(None, _ABLATION_METRICS, say)
    scores, pictures = score_methods(cases, methods, names, [MIDDLE_FRAME])
    rows = _score_table_rows({1: scores}, methods, names, MIDDLE_FRAME, published)
    notes = [comparability_note(source, data_folder, "Spike-GOPRO"), *missing.values()]
    return Report(name, title, source, command, [Table(name, title, rows, notes)], pictures)


def _score_table_rows(
    scores: dict[int, dict[str, MethodScores]],
    entries: Sequence[WeightedMethod],
    metrics: Sequence[str],
    frame: int | None,
    figures: dict[str, published_figures.Figures],
) -> list[dict[str, Any]]:
    """Rows of measured scores, then of published ones, with the same columns."""
    columns = [(metric, v) for v in scores for metric in metrics]
    names = {(m, v): f"{METRICS[m].heading}, V_th {v}" for m, v in columns}
    rows: list[dict[str, Any]] = []
    for entry in entries:
        means = {names[m, v]: scores[v][entry.label].mean(m, frame) for m, v in columns}
        seconds = float(np.median([s for v in scores for s in scores[v][entry.label].seconds]))
        median_seconds = seconds if entry.method else None
        rows.append(
            {
                "method": entry.label,
                **means,
                "parameters": entry.format_parameter_count(),
                "s a frame": median_seconds,
            }
        )
    for name, row in figures.items():
        published = {names[column]: format_figure(row.get(column)) for column in columns}
        label = f"{name} ({published_figures.NOTE})"
        rows.append(
            {"method": label, **published, "parameters": row.get("parameters"), "s a frame": None}
        )
    return rows


def _frame_counts(scores: MethodScores) -> tuple[int, int]:
    return len(scores.frames), sum(frame == MIDDLE_FRAME for frame in scores.frames)

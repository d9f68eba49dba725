"""The papers' tables of deblurring on Spike-GOPRO: SpikeReveal 1 to 3, SpikeGen 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from spikecam.bench.published_figures import format_figure
from spikecam.bench.report import Report, Table, comparability_note
from spikecam.metrics.score import METRICS

THRESHOLDS = (1, 2, 4)
_METRICS = ("psnr", "ssim", "ssim_s_sdm")

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
    data_folder: Path | None = None,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] = _METRICS,
    thresholds: Sequence[int] = THRESHOLDS,
    limit: int | None = None,
    command: str = "spikecam bench gopro",
    say: Say = print,
) -> Report:
    """Score methods on Spike-GOPRO at several thresholds, and return the report.

    The report has scores of the sequence and of the middle frame.

    Args:
        data_folder: a data set (see `describe_and_iter_gopro_cases`); None for the synthetic set.
        methods: METHOD[:WEIGHTS[,WEIGHTS]]; by default `list_method_and_weights_names`.
        metrics: names, see `score`.
        thresholds: V_th.
        limit: number of cases, from the first.
        command: command line to print in the report.
        say: takes a line of progress.
    """
    entries = [
        WeightedMethod(BLURRY_PICTURE),
        *map(WeightedMethod.parse, methods or list_method_and_weights_names()),
    ]
    scores: dict[int, dict[str, MethodScores]] = {}
    pictures: dict[str, dict[str, Any]] = {}
    cases_by_threshold = {
        threshold: describe_and_iter_gopro_cases(data_folder, threshold, limit)
        for threshold in thresholds
    }
    sources = [source for source, _ in cases_by_threshold.values()]
    for threshold, (source, cases) in cases_by_threshold.items():
        say(f"V_th = {threshold}: {source}")
        scores[threshold], case_pictures = score_methods(cases, entries, metrics)
        for scene, pictures_by_label in case_pictures.items():
            pictures[f"{scene}, V_th = {threshold}"] = pictures_by_label
    source = "; ".join(dict.fromkeys(sources))
    counts = _frame_counts(scores[thresholds[0]][BLURRY_PICTURE])
    notes = [
        comparability_note(sources[0], data_folder, "Spike-GOPRO"),
        "SSIM is on pictures in [0, 1]; SpikeReveal's authors computed theirs on [-1, 1]",
    ]
    if len(set(sources)) > 1:
        notes.append(
            "thinning spikes also thins those without cause, so that scores above V_th 1 come out "
            "too high"
        )
    middle = _score_table_rows(scores, entries, metrics, MIDDLE_FRAME, {})
    tables = [Table("middle", f"Middle frame ({counts[1]} frames)", middle, notes)]
    if counts[0] == counts[1]:
        notes.append("the papers' figures are of 7 frames, and this data set has the middle one")
    else:
        rows = _score_table_rows(
            scores, entries, metrics, None, published_figures.sequence_figures()
        )
        tables.insert(0, Table("sequence", f"Sequence ({counts[0]} frames)", rows, notes))
    return Report("gopro", "Deblurring with spikes", source, command, tables, pictures)


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
    scores, pictures = score_methods(cases, methods, _METRICS, [MIDDLE_FRAME])
    rows = _score_table_rows({1: scores}, methods, _METRICS, MIDDLE_FRAME, published)
    notes = [comparability_note(source, data_folder, "Spike-GOPRO")]
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

"""The papers' tables of deblurring on Spike-GOPRO: SpikeReveal 1 to 3, SpikeGen 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.bench import published_figures
from spikecam.bench.comparison import BLURRY_PICTURE, Entry, Scores, all_entries, compare_entries
from spikecam.bench.deblurring_cases import MIDDLE_FRAME, gopro_cases
from spikecam.bench.published_figures import format_figure
from spikecam.bench.report import Report, Table, measured_on
from spikecam.metrics.score import METRICS

THRESHOLDS = (1, 2, 4)
_METRICS = ("psnr", "ssim", "ssim_s_sdm")

Say = Callable[[str], None]


def scores_at(
    folder: Path | None,
    threshold: int,
    methods: Sequence[str],
    *,
    metrics: Sequence[str] = ("psnr", "ssim"),
    limit: int | None = None,
) -> dict[str, Scores]:
    """Score methods at one threshold, and return the scores by name; errors as `gopro_cases`."""
    _, cases = gopro_cases(folder, threshold, limit)
    return compare_entries(cases, [Entry.parse(name) for name in methods], metrics)[0]


def gopro(
    folder: Path | None = None,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] = _METRICS,
    thresholds: Sequence[int] = THRESHOLDS,
    limit: int | None = None,
    command: str = "spikecam bench gopro",
    say: Say = print,
) -> Report:
    """Make tables of the sequence of 7 frames and of the middle frame at several thresholds.

    Args:
        folder: a data set (see `gopro_cases`), or None for the synthetic set.
        methods: METHOD[:WEIGHTS[,WEIGHTS]]; by default `all_entries`.
        metrics: names, see `score`.
        thresholds: V_th.
        limit: number of cases, from the first.
        command: command line to print in the report.
        say: takes a line of progress.
    """
    entries = [Entry(BLURRY_PICTURE), *map(Entry.parse, methods or all_entries())]
    scores: dict[int, dict[str, Scores]] = {}
    pictures: dict[str, dict[str, Any]] = {}
    cases_by_threshold = {
        threshold: gopro_cases(folder, threshold, limit) for threshold in thresholds
    }
    sources = [source for source, _ in cases_by_threshold.values()]
    for threshold, (source, cases) in cases_by_threshold.items():
        say(f"V_th = {threshold}: {source}")
        scores[threshold], case_pictures = compare_entries(cases, entries, metrics)
        for scene, pictures_by_label in case_pictures.items():
            pictures[f"{scene}, V_th = {threshold}"] = pictures_by_label
    source = "; ".join(dict.fromkeys(sources))
    counts = _frame_counts(scores[thresholds[0]][BLURRY_PICTURE])
    notes = [
        measured_on(sources[0], folder, "Spike-GOPRO"),
        "SSIM is on pictures in [0, 1]; SpikeReveal's authors computed theirs on [-1, 1]",
    ]
    if len(set(sources)) > 1:
        notes.append(
            "thinning spikes also thins those without cause, so that scores above V_th 1 come out "
            "too high"
        )
    middle = _rows(scores, entries, metrics, MIDDLE_FRAME, {})
    tables = [Table("middle", f"Middle frame ({counts[1]} frames)", middle, notes)]
    if counts[0] == counts[1]:
        notes.append("the papers' figures are of 7 frames, and this data set has the middle one")
    else:
        rows = _rows(scores, entries, metrics, None, published_figures.sequence())
        tables.insert(0, Table("sequence", f"Sequence ({counts[0]} frames)", rows, notes))
    return Report("gopro", "Deblurring with spikes", source, command, tables, pictures)


def modules(
    folder: Path | None = None,
    *,
    weights: tuple[str, str, str] = ("bsn", "edsr", "ldn"),
    limit: int | None = None,
    command: str = "spikecam bench modules",
    say: Say = print,
) -> Report:
    """Make SpikeReveal's Table 2: the gain of each module, in the middle frame at V_th = 1.

    Args:
        folder, limit, command, say: as for `gopro`.
        weights: of BSN, EDSR and LDN; names of those that ship, or files.
    """
    bsn, sr, ldn = weights
    entries = [
        Entry("I-1: SDM", "teacher", ("none", "none")),
        Entry("I-2: BSN, SDM", "teacher", (bsn, "none")),
        Entry("I-3: BSN, SR, SDM", "teacher", (bsn, sr)),
        Entry("I-4: LDN", "ldn", (ldn,)),
    ]
    figures = published_figures.modules()
    title = "Modules of S-SDM"
    return ablation("modules", title, folder, entries, figures, limit, command, say)


def ablation(
    name: str,
    title: str,
    folder: Path | None,
    entries: Sequence[Entry],
    figures: dict[str, published_figures.Figures],
    limit: int | None,
    command: str,
    say: Say,
) -> Report:
    """Make a table of configurations in the middle frame at V_th = 1, with published figures."""
    source, cases = gopro_cases(folder, 1, limit)
    say(source)
    scores, pictures = compare_entries(cases, entries, _METRICS, [MIDDLE_FRAME])
    rows = _rows({1: scores}, entries, _METRICS, MIDDLE_FRAME, figures)
    notes = [measured_on(source, folder, "Spike-GOPRO")]
    return Report(name, title, source, command, [Table(name, title, rows, notes)], pictures)


def _rows(
    scores: dict[int, dict[str, Scores]],
    entries: Sequence[Entry],
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
                "parameters": entry.parameters(),
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


def _frame_counts(scores: Scores) -> tuple[int, int]:
    return len(scores.frames), sum(frame == MIDDLE_FRAME for frame in scores.frames)

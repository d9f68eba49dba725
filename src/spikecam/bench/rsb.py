"""SpikeReveal's Table 4: single frames of real pairs, RSB, judged without truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import spikecam as sc
from spikecam.bench import published_figures, synthetic_set
from spikecam.bench.comparison import BLURRY_PICTURE, Entry, all_entries, compare_entries
from spikecam.bench.deblurring_cases import Case
from spikecam.bench.gopro import Say
from spikecam.bench.metric_availability import available
from spikecam.bench.published_figures import as_published
from spikecam.bench.report import Report, Table, measured_on
from spikecam.metrics.score import METRICS

_PUBLISHED = "SpikeReveal, Table 4; the average of S-SDM is as printed, its five scenes have 1.9987"
# Frames of spikes to a blurry picture, all of them exposed.
_FRAMES, _MIDDLE = 400, 200


def rsb(
    folder: Path | None = None,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    limit: int | None = None,
    command: str = "spikecam bench rsb",
    say: Say = print,
) -> Report:
    """The middle frame of each pair by several methods, means by scene.

    Args:
        folder: RSB (spike_data/SCENE/*.dat, blur_data/SCENE/*.jpg), or None for a stand-in of 400
            frames by the sensor "gen2", with the truth of which PSNR is printed as well.
        methods: METHOD[:WEIGHTS[,WEIGHTS]]; by default `all_entries`.
        metrics: that need no truth; by default LIQE, which is left out where it cannot be had.
        limit: how many pairs, from the first.
        command: to state.
        say: takes a line of progress.

    Raises:
        FileError: there is no such data set.
        SpikecamError: none of the metrics can be had.
    """
    cases = _recorded(sc.read_rsb(folder)[:limit]) if folder else _simulated(limit)
    simulated = f"a stand-in for RSB: {synthetic_set.describe(limit)} as a Gen2 sees them"
    source = str(folder or simulated)
    say(source)
    entries = [Entry(BLURRY_PICTURE), *map(Entry.parse, methods or all_entries())]
    known = () if folder else ("psnr",)
    if metrics is None:
        names, missing = available(["liqe", *known])
    else:
        wanted = sc.check_metrics(metrics, with_truth=False)
        # Asked for by name, they are not left out.
        for name in wanted:
            available([name])
        names, missing = [*wanted, *known], []
    for line in missing:
        say(line)
    pictures: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, list[float]]] = {one.label: {} for one in entries}
    for scene, group in groupby(cases, lambda case: case.name.split(" ")[0]):
        scores, shown = compare_entries(group, entries, names, [_MIDDLE], kept=1)
        pictures |= shown
        for label, score in scores.items():
            for name in names:
                found[label][_column(name, scene)] = score.values[name]
    rows: list[dict[str, Any]] = []
    for label, columns in found.items():
        means = {column: sum(values) / len(values) for column, values in columns.items()}
        for name in names:
            held = [mean for column, mean in means.items() if column.startswith(_column(name, ""))]
            means[_column(name, "average")] = sum(held) / len(held)
        rows.append({"method": label, **means})
    table = Table("rsb", "Single frames", rows, [measured_on(source, folder, "RSB"), *missing])
    figures = [
        {
            "method": f"{name} ({published_figures.NOTE})",
            **{f"LIQE, {n}": as_published(v) for n, v in row.items()},
        }
        for name, row in published_figures.rsb().items()
    ]
    told = Table("rsb_published", "LIQE on RSB as published", figures, [_PUBLISHED])
    return Report("rsb", "Deblurring real pairs", source, command, [table, told], pictures)


def _column(metric: str, scene: str) -> str:
    return f"{METRICS[metric].label}, {scene}"


def _recorded(pairs: Sequence[sc.Pair]) -> Iterator[Case]:
    for pair in pairs:
        yield Case(f"{pair.scene} {pair.name}", pair.blurry_picture(), pair.stream(), {})


def _simulated(limit: int | None) -> Iterator[Case]:
    for seed, film in enumerate(synthetic_set.films(_FRAMES, (0, _FRAMES), limit)):
        gray = [sc.quarter_gray(frame) for frame in film.frames]
        stream = sc.simulate(gray, "gen2", threshold=2, seed=seed, exposure=film.exposure)
        yield Case(film.name, film.blur(), stream, {_MIDDLE: film.sharp(_MIDDLE)})

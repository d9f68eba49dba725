"""SpikeReveal's Table 4: single frames of the real pairs of RSB, scored without truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

import spikecam as sc
from spikecam.bench import published_figures, synthetic_set
from spikecam.bench.comparison import (
    BLURRY_PICTURE,
    WeightedMethod,
    list_method_and_weights_names,
    score_methods,
)
from spikecam.bench.deblurring_cases import DeblurringCase
from spikecam.bench.gopro import Say
from spikecam.bench.metric_availability import NATURALNESS_METRICS, choose_metrics, mean_score
from spikecam.bench.published_figures import format_figure
from spikecam.bench.report import Report, Table, comparability_note
from spikecam.metrics.score import METRICS

_PUBLISHED_NOTE = (
    "SpikeReveal, Table 4; the average of S-SDM is as printed, its five scenes have 1.9987"
)
# Frames of spikes to a blurry picture, all of them exposed.
_FRAMES, _MIDDLE = 400, 200
_METRICS = ("liqe", *NATURALNESS_METRICS)


def score_on_rsb(
    data_folder: Path | None = None,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    limit: int | None = None,
    command: str = "spikecam bench rsb",
    say: Say = print,
) -> Report:
    """Score methods on the real pairs of RSB, and return the report.

    The scores are of the middle frame, averaged by scene.

    Args:
        data_folder: RSB (spike_data/SCENE/*.dat, blur_data/SCENE/*.jpg), or None for the synthetic
            set of 400 frames by the sensor "gen2", with PSNR as well, since it has the truth.
        methods: METHOD[:WEIGHTS[,WEIGHTS]]; by default `list_method_and_weights_names`.
        metrics: that need no truth; by default LIQE, NIQE and BRISQUE, those that can be had.
        limit: number of pairs, from the first.
        command: command line to print in the report.
        say: takes a line of progress.

    Raises:
        FileError: there is no such data set.
        SpikecamError: none of the metrics can be had.
    """
    cases = (
        _data_set_cases(sc.read_rsb(data_folder)[:limit])
        if data_folder
        else _synthetic_cases(limit)
    )
    synthetic_source = (
        f"a substitute for RSB: {synthetic_set.describe_synthetic_set(limit)} as a Gen2 sees them"
    )
    source = str(data_folder or synthetic_source)
    say(source)
    entries = [
        WeightedMethod(BLURRY_PICTURE),
        *map(WeightedMethod.parse, methods or list_method_and_weights_names()),
    ]
    truth_metrics = () if data_folder else ("psnr",)
    if metrics is not None:
        metrics = [*sc.check_metrics(metrics, with_truth=False), *truth_metrics]
    candidates = (*_METRICS, *truth_metrics)
    names, missing = choose_metrics(metrics, candidates, say, has_truth=bool(truth_metrics))
    pictures: dict[str, dict[str, Any]] = {}
    values_by_label: dict[str, dict[str, list[float]]] = {entry.label: {} for entry in entries}
    for scene, group in groupby(cases, lambda case: case.name.split(" ")[0]):
        scores, scene_pictures = score_methods(group, entries, names, [_MIDDLE], picture_cases=1)
        pictures |= scene_pictures
        for label, score in scores.items():
            for name in names:
                values_by_label[label][_column(name, scene)] = score.values[name]
    rows: list[dict[str, Any]] = []
    for label, columns in values_by_label.items():
        means = {column: mean_score(values) for column, values in columns.items()}
        for name in names:
            scene_means = [
                np.nan if mean is None else mean
                for column, mean in means.items()
                if column.startswith(_column(name, ""))
            ]
            means[_column(name, "average")] = mean_score(scene_means)
        rows.append({"method": label, **means})
    table = Table(
        "rsb",
        "Single frames",
        rows,
        [comparability_note(source, data_folder, "RSB"), *missing.values()],
    )
    figures = [
        {
            "method": f"{name} ({published_figures.NOTE})",
            **{f"LIQE, {n}": format_figure(v) for n, v in row.items()},
        }
        for name, row in published_figures.rsb_figures().items()
    ]
    published = Table("rsb_published", "LIQE on RSB as published", figures, [_PUBLISHED_NOTE])
    return Report("rsb", "Deblurring real pairs", source, command, [table, published], pictures)


def _column(metric: str, scene: str) -> str:
    return f"{METRICS[metric].label}, {scene}"


def _data_set_cases(pairs: Sequence[sc.Pair]) -> Iterator[DeblurringCase]:
    for pair in pairs:
        yield DeblurringCase(f"{pair.scene} {pair.name}", pair.blurry_picture(), pair.stream(), {})


def _synthetic_cases(limit: int | None) -> Iterator[DeblurringCase]:
    for seed, sequence in enumerate(synthetic_set.make_sequences(_FRAMES, (0, _FRAMES), limit)):
        gray = [sc.quarter_gray(frame) for frame in sequence.frames]
        stream = sc.simulate(gray, "gen2", threshold=2, seed=seed, exposure=sequence.exposure)
        yield DeblurringCase(
            sequence.name, sequence.blur(), stream, {_MIDDLE: sequence.sharp(_MIDDLE)}
        )

"""Scores of films from spikes alone, by speed of motion, light and noise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.bench.gopro import Say
from spikecam.bench.metric_availability import choose_metrics, score_picture
from spikecam.bench.moving_recordings import (
    NOISES,
    SCORED_FRAMES,
    SPEEDS,
    WHITE_RATES,
    Setting,
    describe_moving_recordings,
    iter_moving_recordings,
)
from spikecam.bench.reconstruct import RECONSTRUCTION_METRICS, SECONDS, metric_cells
from spikecam.bench.reconstruction_entries import default_entry_names, parse_entries
from spikecam.bench.report import Report, Table
from spikecam.metrics.temporal import temporal_error
from spikecam.picture import Picture
from spikecam.show.curves import check_curves, write_curves

# Columns: temporal errors in levels of 8 bits, and PSNR of what stands still.
_TEMPORAL, _STILL_TEMPORAL = "temporal error ↓", "still, temporal error ↓"
_STILL_PSNR = "still, PSNR ↑"
_LEVELS = 255
# Sweeps: name of table and file, title, and by setting its place and heading.
_SWEEPS: dict[str, tuple[str, dict[str, Setting]]] = {
    "speed": ("pixels a frame", {f"{speed:g}": Setting(speed) for speed in SPEEDS}),
    "light": (
        "spikes a frame of white",
        {f"{rate:g}": Setting(white_rate=rate) for rate in WHITE_RATES},
    ),
    "noise": ("noise", {noise: Setting(noise=noise) for noise in NOISES}),
}
_PLOT = "reconstruct_{}.png"

Values = dict[tuple[str, Setting], dict[str, list[float]]]


def score_films(
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    slow: bool = False,
    limit: int | None = None,
    plot_folder: Path | None = None,
    command: str = "spikecam bench reconstruct",
    say: Say = print,
) -> Report:
    """Score methods that reconstruct from spikes alone on films with truth; return the report.

    Three neighbouring frames of each recording of `iter_moving_recordings` are made as those of a
    film. A picture is the firing rate over that of white. PSNR and the other metrics are of the
    middle one, the temporal error of all three.

    Args:
        methods: METHOD[:WINDOW]; by default as `default_entry_names`.
        metrics: with "psnr"; by default those of the papers' tables that can be had.
        slow: whether methods that take seconds a frame are among the default ones.
        limit: number of photographs, from the first.
        plot_folder: folder for plots of PSNR by speed, light and noise.
        command: command line to print in the report.
        say: takes a line of progress.

    Raises:
        OutputError, SpikecamError: plots that cannot be written, as `check_curves`; a metric that
            is not available.
    """
    plots = {} if plot_folder is None else {k: plot_folder / _PLOT.format(k) for k in _SWEEPS}
    for path in plots.values():
        check_curves(path)
    entries = parse_entries(methods or default_entry_names(slow))
    source = describe_moving_recordings(limit)
    say(source)
    names, missing = choose_metrics(metrics, RECONSTRUCTION_METRICS, say)
    names = list(dict.fromkeys(["psnr", *names]))
    values: Values = defaultdict(lambda: defaultdict(list))
    pictures: dict[str, dict[str, Picture]] = {}
    for index, recording in enumerate(iter_moving_recordings(limit)):
        setting, middle = recording.setting, len(SCORED_FRAMES) // 2
        case_pictures = pictures.setdefault(recording.name, {})
        for entry in entries:
            if index == 0:
                # Loading and compiling happen once and are not counted.
                entry.rates(recording.stream, SCORED_FRAMES[:1])
            timed = entry.rates(recording.stream, SCORED_FRAMES)
            film = [entry.picture(rate, setting.white_rate) for rate in timed.rates]
            case_pictures[entry.label] = film[middle]
            case_values = values[entry.label, setting]
            scores = score_picture(film[middle], recording.truth[middle], names)
            for name, value in scores.items():
                case_values[name].append(value)
            error = temporal_error(film, recording.truth, data_range=1)
            case_values[_TEMPORAL].append(_LEVELS * error)
            case_values[SECONDS].append(timed.seconds)
        case_pictures["truth"] = recording.truth[middle]
        say(f"{recording.name}: done")
    labels = [entry.label for entry in entries]
    tables = [_summary(labels, values, names, missing), *_sweep_tables(labels, values)]
    for name, path in plots.items():
        _write_plot(path, name, labels, values)
    return Report("reconstruct", "Pictures out of spikes", source, command, tables, pictures)


def _summary(
    labels: Sequence[str], values: Values, names: Sequence[str], missing: dict[str, str]
) -> Table:
    """Table of all metrics: means over speeds above 0, and what stands still."""
    rows: list[dict[str, Any]] = []
    for label in labels:
        moving: dict[str, list[float]] = defaultdict(list)
        for speed in SPEEDS:
            if speed > 0:
                for name, numbers in values[label, Setting(speed)].items():
                    moving[name] += numbers
        still = values[label, Setting(0.0)]
        rows.append(
            {
                "method": label,
                **metric_cells(moving, [*names, *missing]),
                _TEMPORAL: float(np.mean(moving[_TEMPORAL])),
                _STILL_PSNR: float(np.mean(still["psnr"])),
                _STILL_TEMPORAL: float(np.mean(still[_TEMPORAL])),
                SECONDS: float(np.mean(moving[SECONDS])),
            }
        )
    speeds = ", ".join(f"{speed:g}" for speed in SPEEDS if speed > 0)
    notes = [
        f"means over speeds of {speeds} pixels a frame, white at {WHITE_RATES[0]:g} spikes a frame,"
        " no noise; pictures are rates over that of white",
        "temporal error: how far the change from frame to frame is from that of the truth, in "
        f"levels of {_LEVELS}",
        *missing.values(),
    ]
    return Table(
        "reconstruct", "Reconstruction of what moves, and of what stands still", rows, notes
    )


def _sweep_tables(labels: Sequence[str], values: Values) -> list[Table]:
    """Tables of PSNR by speed, light and noise."""
    tables = []
    for name, (title, settings) in _SWEEPS.items():
        rows = [
            {"method": label, **{key: _psnr(values, label, s) for key, s in settings.items()}}
            for label in labels
        ]
        tables.append(Table(name, f"PSNR by {title}", rows))
    return tables


def _psnr(values: Values, label: str, setting: Setting) -> float:
    return float(np.mean(values[label, setting]["psnr"]))


def _write_plot(path: Path, name: str, labels: Sequence[str], values: Values) -> None:
    """Plot the PSNR of each method over the settings of a sweep."""
    title, settings = _SWEEPS[name]
    curves = {label: [_psnr(values, label, s) for s in settings.values()] for label in labels}
    write_curves(path, list(settings), {"PSNR, dB": curves}, x_label=title)

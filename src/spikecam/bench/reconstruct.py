"""SpikeGen's Table 3: gray pictures from spikes alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import spikecam as sc
from spikecam.bench import published_figures, synthetic_set
from spikecam.bench.comparison import REPORT_CASES
from spikecam.bench.gopro import Say
from spikecam.bench.metric_availability import find_available_metrics
from spikecam.bench.published_figures import format_figure
from spikecam.bench.report import Report, Table, comparability_note
from spikecam.gray import as_gray
from spikecam.metrics.score import METRICS
from spikecam.picture import Picture

_METRICS = ("psnr", "ssim", "lpips", "niqe", "brisque")
# Frames of the synthetic set, index of the scored frame, as in SREDS; spikes a frame of white.
_FRAMES, _SCORED_FRAME, _SPIKES_PER_FRAME = 301, 150, 0.6


class ScoredRecording(NamedTuple):
    """A recording, the index of its scored frame, and the truth of that frame if there is one."""

    name: str
    stream: sc.SpikeStream
    frame_index: int
    truth: Picture | None


def score_reconstructions(
    recording_folder: Path | None = None,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    camera: str | tuple[int, int] | None = None,
    limit: int | None = None,
    command: str = "spikecam bench reconstruct",
    say: Say = print,
) -> Report:
    """Score methods that reconstruct from spikes alone, and return the report.

    One frame of each recording is scored.

    A reconstruction is a firing rate: each picture is scaled to the mean of the truth, or, where
    there is none, to its own brightest percent.

    Args:
        recording_folder: NAME.dat with NAME.png of the frame at index 150 (SREDS); or recordings
            alone (momVidar2021), scored in their middle; or None for the synthetic set.
        methods: METHOD[:WINDOW][+STAGE]; by default all that take spikes alone and have weights.
            The second stage, such as mimounet, deblurs the scaled picture, by weights of your own.
        metrics: by default those of the table that can be had; without truth, those that need
            none.
        camera: name or (height, width), of recordings alone.
        limit: number of recordings, from the first.
        command: command line to print in the report.
        say: takes a line of progress.

    Raises:
        FileError: there are no recordings.
        SpikecamError: a metric that is not available.
    """
    kinds = (sc.Takes.SPIKES, sc.Takes.SPIKES_OR_PICTURE)
    methods = methods or [
        method.name for takes in kinds for method in sc.all_methods(takes) if method.has_weights
    ]
    if len(set(methods)) < len(methods):
        raise sc.OptionError(f"a method is named twice: {', '.join(methods)}")
    stages = {stage: sc.second_stage(stage) for stage in map(_stage_name, methods) if stage}
    source, remaining = describe_and_iter_recordings(recording_folder, camera, limit)
    say(source)
    first = next(remaining)
    has_truth = first.truth is not None
    names, missing = list(metrics or ()), list[str]()
    if metrics is None:
        names, missing = find_available_metrics(
            [n for n in _METRICS if has_truth or not METRICS[n].needs_truth]
        )
    for line in missing:
        say(line)
    names = sc.check_metrics(names, has_truth)
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    pictures: dict[str, dict[str, Picture]] = {}
    count = 0
    for recording in chain([first], remaining):
        case_pictures: dict[str, Picture] = {}
        if count < REPORT_CASES:
            pictures[recording.name] = case_pictures
        count += 1
        for name_and_window in methods:
            picture = _picture(recording, name_and_window.partition("+")[0])
            if stage := _stage_name(name_and_window):
                picture = stages[stage](picture)
            case_pictures[name_and_window] = picture
            for name, value in sc.score(picture, recording.truth, names).items():
                values[name_and_window, name].append(value)
        if recording.truth is not None:
            case_pictures["truth"] = recording.truth
    rows: list[dict[str, Any]] = [
        {
            "method": name_and_window,
            **{METRICS[n].heading: float(np.mean(values[name_and_window, n])) for n in names},
        }
        for name_and_window in methods
    ]
    for name, row in published_figures.reconstruction_figures(not has_truth).items():
        published = {METRICS[n].heading: format_figure(row.get(n)) for n in names}
        rows.append({"method": f"{name} ({published_figures.NOTE})", **published})
    scale_reference = "the mean of the truth" if has_truth else "their own brightest percent"
    notes = [
        comparability_note(source, recording_folder, "SREDS or momVidar2021"),
        f"our pictures are scaled to {scale_reference}; how the published ones were scaled, "
        "and the windows of their SSIM, is not stated",
        *missing,
    ]
    table = Table("reconstruct", f"Reconstruction ({count} recordings)", rows, notes)
    return Report("reconstruct", "Pictures out of spikes", source, command, [table], pictures)


def _stage_name(name: str) -> str:
    """Name of the second stage in METHOD[:WINDOW][+STAGE]; "" without one."""
    return name.partition("+")[2]


def _picture(recording: ScoredRecording, name_and_window: str) -> Picture:
    method, _, window = name_and_window.partition(":")
    options: dict[str, Any] = {}
    if window:
        if not window.isdecimal():
            raise sc.OptionError(
                f"{name_and_window}: expected METHOD or METHOD:WINDOW, such as tfp:41"
            )
        options["window"] = int(window)
    if method in sc.method_names(sc.Takes.SPIKES_OR_PICTURE):
        rate = sc.generate(
            None, recording.stream, at=recording.frame_index, method=method, **options
        ).mean
    else:
        rate = sc.reconstruct(recording.stream, at=recording.frame_index, method=method, **options)
    if recording.truth is not None:
        scale = recording.truth.mean() / max(rate.mean(), 1e-6)
    else:
        scale = 1 / max(float(np.quantile(rate, 0.99)), 1e-6)
    picture: Picture = np.minimum(rate * np.float32(scale), 1)
    return picture


def describe_and_iter_recordings(
    recording_folder: Path | None, camera: str | tuple[int, int] | None, limit: int | None
) -> tuple[str, Iterator[ScoredRecording]]:
    """Describe the recordings of a folder, and iterate over them.

    Raises:
        FileError: there are none.
    """
    if recording_folder is None:
        return (
            f"a substitute for SREDS: {synthetic_set.describe_synthetic_set(limit)}, in gray",
            _synthetic_recordings(limit),
        )
    if any(recording_folder.glob("*.png")):
        pairs = sc.read_reds(recording_folder)[:limit]
        return f"{recording_folder}, {len(pairs)} recordings with their truth", _with_truth(pairs)
    files = sorted(recording_folder.glob("*.dat"))[:limit]
    if not files:
        raise sc.FileError(
            f"{recording_folder} holds no recordings; expected NAME.dat, with NAME.png where "
            "there is truth"
        )
    return f"{recording_folder}, {len(files)} recordings without truth", _without_truth(
        files, camera
    )


def _synthetic_recordings(limit: int | None) -> Iterator[ScoredRecording]:
    sensor = sc.Sensor(gain=_SPIKES_PER_FRAME)
    for seed, sequence in enumerate(synthetic_set.make_sequences(_FRAMES, (0, _FRAMES), limit)):
        gray = np.stack([as_gray(frame) for frame in sequence.frames])
        stream = sc.simulate(gray, sensor, seed=seed)
        yield ScoredRecording(sequence.name, stream, _SCORED_FRAME, gray[_SCORED_FRAME])


def _with_truth(pairs: Sequence[sc.Pair]) -> Iterator[ScoredRecording]:
    for pair in pairs:
        ((at, path),) = pair.sharp.items()
        truth = sc.read_picture(path)
        yield ScoredRecording(pair.name, pair.stream(), at, truth)


def _without_truth(
    files: Sequence[Path], camera: str | tuple[int, int] | None
) -> Iterator[ScoredRecording]:
    for path in files:
        geometry: dict[str, Any] = {"shape" if isinstance(camera, tuple) else "camera": camera}
        stream = sc.open(path, **geometry)
        yield ScoredRecording(path.stem, stream, len(stream) // 2, None)

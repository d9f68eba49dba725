"""Gray pictures from spikes alone: SpikeGen's Table 3, REDS-BASE, and films by speed and light."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import spikecam as sc
from spikecam.bench import published_figures, synthetic_set
from spikecam.bench.comparison import REPORT_CASES
from spikecam.bench.gopro import Say
from spikecam.bench.metric_availability import (
    NATURALNESS_METRICS,
    choose_metrics,
    mean_score,
    score_picture,
)
from spikecam.bench.published_figures import Figures, format_figure
from spikecam.bench.reconstruction_entries import default_entry_names, parse_entries
from spikecam.bench.report import Report, Table, comparability_note
from spikecam.data.reds import reds_folders
from spikecam.gray import as_gray
from spikecam.metrics.score import METRICS
from spikecam.picture import Picture

RECONSTRUCTION_METRICS = ("psnr", "ssim", "lpips", *NATURALNESS_METRICS)
# Column of the time of a picture.
SECONDS = "s a frame"
# Frames of the synthetic set, index of the scored frame, as in SREDS; spikes a frame of white.
_FRAMES, _SCORED_FRAME, WHITE_RATE = 301, 150, 0.6


class ScoredRecording(NamedTuple):
    """A recording, the index of its scored frame, and the truth of that frame if there is one."""

    name: str
    stream: sc.SpikeStream
    frame_index: int
    truth: Picture | None


def score_reconstructions(
    recording_folder: Path,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    camera: str | tuple[int, int] | None = None,
    white_rate: float = WHITE_RATE,
    slow: bool = False,
    limit: int | None = None,
    command: str = "spikecam bench reconstruct",
    say: Say = print,
) -> Report:
    """Score methods that reconstruct from spikes alone, and return the report.

    One frame of each recording is scored. A reconstruction is a firing rate: the picture is the
    rate over that of white, or, where there is no truth, over its own brightest percent.

    Args:
        recording_folder: recordings with a picture of the frame at index 150 each (REDS-BASE,
            SREDS, see `spikecam.read_reds`), or recordings alone (momVidar2021), scored in their
            middle.
        methods: METHOD[:WINDOW][+STAGE]; by default as `default_entry_names`.
        metrics: by default those of the table that can be had; without truth, those that need
            none.
        camera: name or (height, width), of recordings alone.
        white_rate: spikes a frame of white, of recordings with truth.
        slow: whether methods that take seconds a frame are among the default ones.
        limit: number of recordings, from the first.
        command: command line to print in the report.
        say: takes a line of progress.

    Raises:
        FileError: there are no recordings.
        SpikecamError: a metric that is not available.
    """
    entries = parse_entries(methods or default_entry_names(slow))
    source, recordings = describe_and_iter_recordings(recording_folder, camera, limit)
    say(source)
    recordings_in_turn = iter(recordings)
    first = next(recordings_in_turn)
    has_truth = first.truth is not None
    names, missing = choose_metrics(metrics, RECONSTRUCTION_METRICS, say, has_truth=has_truth)
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    pictures: dict[str, dict[str, Picture]] = {}
    count = 0
    recording: ScoredRecording | None = first
    while recording is not None:
        case_pictures: dict[str, Picture] = {}
        if count < REPORT_CASES:
            pictures[recording.name] = case_pictures
        for entry in entries:
            if count == 0:
                # Loading and compiling happen once and are not counted.
                entry.rates(recording.stream, [recording.frame_index])
            timed = entry.rates(recording.stream, [recording.frame_index])
            picture = entry.picture(timed.rates[0], white_rate if has_truth else None)
            case_pictures[entry.label] = picture
            for name, value in score_picture(picture, recording.truth, names).items():
                values[entry.label][name].append(value)
            values[entry.label][SECONDS].append(timed.seconds)
        if recording.truth is not None:
            case_pictures["truth"] = recording.truth
        count += 1
        say(f"{recording.name}: done")
        recording = next(recordings_in_turn, None)
    rows = [
        {
            "method": entry.label,
            **metric_cells(values[entry.label], [*names, *missing]),
            SECONDS: float(np.mean(values[entry.label][SECONDS])),
        }
        for entry in entries
    ]
    scaling = (
        f"our pictures are rates over {white_rate:g}, the spikes a frame of white"
        if has_truth
        else "our pictures are scaled to their own brightest percent; how the published ones were "
        "scaled is not stated"
    )
    notes = [scaling, *missing.values()]
    source_note = comparability_note(source, recording_folder, "the one of the table")
    tables = [Table("reconstruct", f"Reconstruction ({count} recordings)", rows, notes)]
    tables += _published_tables(has_truth, [*names, *missing], source_note)
    return Report("reconstruct", "Pictures out of spikes", source, command, tables, pictures)


def metric_cells(
    values: Mapping[str, Sequence[float]], names: Sequence[str]
) -> dict[str, float | None]:
    """Means of metrics under the headings of a table; see `mean_score`."""
    return {
        METRICS[name].heading: mean_score(values.get(name, ())) for name in in_table_order(names)
    }


def in_table_order(names: Sequence[str]) -> list[str]:
    """Names of metrics in the order of the papers' tables, and others after them."""
    ours = [name for name in RECONSTRUCTION_METRICS if name in names]
    return ours + [name for name in names if name not in ours]


def _published_tables(has_truth: bool, names: Sequence[str], source_note: str) -> list[Table]:
    """Published rows, a table for each set of recordings: rows of two sets do not compare."""
    sets: dict[str, tuple[str, dict[str, Figures]]] = {
        "momvidar": ("momVidar2021", published_figures.reconstruction_figures(True)),
    }
    if has_truth:
        sets = {
            "reds_base": ("REDS-BASE", published_figures.reds_base_figures()),
            "sreds": ("SREDS", published_figures.reconstruction_figures(False)),
        }
    return [
        Table(
            name,
            f"{data_set}: {published_figures.NOTE}",
            [
                {
                    "method": f"{method} ({published_figures.NOTE})",
                    **{
                        METRICS[n].heading: format_figure(row.get(n)) for n in in_table_order(names)
                    },
                }
                for method, row in figures.items()
            ],
            [source_note],
        )
        for name, (data_set, figures) in sets.items()
    ]


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
    if any(reds_folders(recording_folder)[1].glob("*.png")):
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
    sensor = sc.Sensor(gain=WHITE_RATE)
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

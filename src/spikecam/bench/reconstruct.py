"""SpikeGen's Table 3: gray pictures out of spikes alone."""

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
from spikecam.bench.metric_availability import available
from spikecam.bench.published_figures import as_published
from spikecam.bench.report import Report, Table, measured_on
from spikecam.gray import as_gray
from spikecam.metrics.score import METRICS
from spikecam.picture import Picture

_METRICS = ("psnr", "ssim", "lpips", "niqe", "brisque")
# Frames of the stand-in, and the frame that is judged, as in SREDS; spikes a frame of white there.
_FRAMES, _AT, _GAIN = 301, 150, 0.6


class Recording(NamedTuple):
    """A recording, its frame to judge at, and the truth of it where there is one."""

    name: str
    stream: sc.SpikeStream
    at: int
    truth: Picture | None


def reconstruct(
    folder: Path | None = None,
    methods: Sequence[str] | None = None,
    *,
    metrics: Sequence[str] | None = None,
    camera: str | tuple[int, int] | None = None,
    limit: int | None = None,
    command: str = "spikecam bench reconstruct",
    say: Say = print,
) -> Report:
    """One frame of each recording by several methods.

    A reconstruction is a firing rate: each picture is scaled to the mean of the truth, or, where
    there is none, to its own brightest percent.

    Args:
        folder: NAME.dat with NAME.png of the frame at index 150 (SREDS); or recordings alone
            (momVidar2021), judged in their middle; or None for a stand-in.
        methods: METHOD[:WINDOW]; by default all that take spikes alone.
        metrics: by default those of the table that can be had; without truth, those that need
            none.
        camera: name or (height, width), of recordings alone.
        limit: how many recordings, from the first.
        command: to state.
        say: takes a line of progress.

    Raises:
        FileError: there are no recordings.
        SpikecamError: a metric that cannot be had.
    """
    generators = sc.method_names(sc.Takes.SPIKES_OR_PICTURE)
    methods = methods or [*sc.method_names(sc.Takes.SPIKES), *generators]
    if len(set(methods)) < len(methods):
        raise sc.OptionError(f"a method is named twice: {', '.join(methods)}")
    source, found = recordings(folder, camera, limit)
    say(source)
    first = next(found)
    has_truth = first.truth is not None
    names, missing = list(metrics or ()), list[str]()
    if metrics is None:
        names, missing = available([n for n in _METRICS if has_truth or not METRICS[n].needs_truth])
    for line in missing:
        say(line)
    names = sc.check_metrics(names, has_truth)
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    pictures: dict[str, dict[str, Picture]] = {}
    count = 0
    for one in chain([first], found):
        shown: dict[str, Picture] = {}
        if count < REPORT_CASES:
            pictures[one.name] = shown
        count += 1
        for text in methods:
            picture = _picture(one, text)
            shown[text] = picture
            for name, value in sc.score(picture, one.truth, names).items():
                values[text, name].append(value)
        if one.truth is not None:
            shown["truth"] = one.truth
    rows: list[dict[str, Any]] = [
        {"method": text, **{METRICS[n].heading: float(np.mean(values[text, n])) for n in names}}
        for text in methods
    ]
    for name, row in published_figures.reconstruction(not has_truth).items():
        told = {METRICS[n].heading: as_published(row.get(n)) for n in names}
        rows.append({"method": f"{name} ({published_figures.NOTE})", **told})
    scaled = "the mean of the truth" if has_truth else "their own brightest percent"
    notes = [
        measured_on(source, folder, "SREDS or momVidar2021"),
        f"our pictures are scaled to {scaled}; how the published ones were scaled, and the windows "
        "of their SSIM, is not said",
        *missing,
    ]
    table = Table("reconstruct", f"Reconstruction ({count} recordings)", rows, notes)
    return Report("reconstruct", "Pictures out of spikes", source, command, [table], pictures)


def _picture(one: Recording, text: str) -> Picture:
    method, _, window = text.partition(":")
    options: dict[str, Any] = {}
    if window:
        if not window.isdecimal():
            raise sc.OptionError(f"{text}: expected METHOD or METHOD:WINDOW, such as tfp:41")
        options["window"] = int(window)
    if method in sc.method_names(sc.Takes.SPIKES_OR_PICTURE):
        rate = sc.generate(None, one.stream, at=one.at, method=method, **options).mean
    else:
        rate = sc.reconstruct(one.stream, at=one.at, method=method, **options)
    if one.truth is not None:
        scale = one.truth.mean() / max(rate.mean(), 1e-6)
    else:
        scale = 1 / max(float(np.quantile(rate, 0.99)), 1e-6)
    picture: Picture = np.minimum(rate * np.float32(scale), 1)
    return picture


def recordings(
    folder: Path | None, camera: str | tuple[int, int] | None, limit: int | None
) -> tuple[str, Iterator[Recording]]:
    """What the recordings are, in words, and the recordings; as `reconstruct` takes them.

    Raises:
        FileError: there are none.
    """
    if folder is None:
        return f"a stand-in for SREDS: {synthetic_set.describe(limit)}, in gray", _simulated(limit)
    if any(folder.glob("*.png")):
        pairs = sc.read_reds(folder)[:limit]
        return f"{folder}, {len(pairs)} recordings with their truth", _with_truth(pairs)
    files = sorted(folder.glob("*.dat"))[:limit]
    if not files:
        raise sc.FileError(
            f"{folder} holds no recordings; expected NAME.dat, with NAME.png where there is truth"
        )
    return f"{folder}, {len(files)} recordings without truth", _alone(files, camera)


def _simulated(limit: int | None) -> Iterator[Recording]:
    sensor = sc.Sensor(gain=_GAIN)
    for seed, film in enumerate(synthetic_set.films(_FRAMES, (0, _FRAMES), limit)):
        gray = np.stack([as_gray(frame) for frame in film.frames])
        stream = sc.simulate(gray, sensor, seed=seed)
        yield Recording(film.name, stream, _AT, gray[_AT])


def _with_truth(pairs: Sequence[sc.Pair]) -> Iterator[Recording]:
    for pair in pairs:
        ((at, path),) = pair.sharp.items()
        truth = sc.read_picture(path)
        yield Recording(pair.name, pair.stream(), at, truth)


def _alone(files: Sequence[Path], camera: str | tuple[int, int] | None) -> Iterator[Recording]:
    for path in files:
        told: dict[str, Any] = {"shape" if isinstance(camera, tuple) else "camera": camera}
        stream = sc.open(path, **told)
        yield Recording(path.stem, stream, len(stream) // 2, None)

"""What deblurring is judged on: pairs of a blurry picture and spikes, and the sharp film of them.

Of three kinds: the test pairs of a data set in the layout of Spike-GOPRO; a folder of sequences,
each a folder with ``blur.png``, ``spikes_v1.dat`` and so on (137 frames, one file a threshold) and
``sharp_020.png`` and so on, by frame; and the stand-in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import spikecam as sc
from spikecam.bench import synthetic_set
from spikecam.data.spike_gopro import EXPOSURE, RECORDING_FRAMES
from spikecam.errors import FileError
from spikecam.io.pictures import picture_size
from spikecam.picture import Picture

# Frames of the sequence that SpikeReveal's Table 1 is about, and the middle one.
SEQUENCE, MIDDLE = (20, 36, 52, 68, 84, 100, 116), 68


@dataclass(frozen=True)
class Case:
    """A blurry picture, spikes of the same moment, and what is known of the sharp film.

    Attributes:
        name: of the scene.
        blur: (h, w, 3) in [0, 1].
        stream: the spikes; its exposure is the picture's.
        truth: sharp pictures by frame.
    """

    name: str
    blur: Picture
    stream: sc.SpikeStream
    truth: Mapping[int, Picture]


def gopro_cases(
    folder: Path | None, threshold: int, limit: int | None = None
) -> tuple[str, Iterator[Case]]:
    """What the cases are, in words, and the cases at one threshold.

    A data set of Spike-GOPRO is recorded at V_th = 1. At V_th = n a pixel that carries over what is
    above its threshold fires at every n-th of these spikes; so they are thinned to that. The
    spikes without cause are thinned with them, which a sensor's are not: scores come out too high.

    Args:
        folder: a data set or a folder of sequences; None for the stand-in.
        threshold: V_th.
        limit: how many cases, from the first; all by default.

    Raises:
        FileError: neither of the two, or something is missing.
    """
    if folder is None:
        source = f"a stand-in for Spike-GOPRO: {synthetic_set.describe(limit)}"
        return source, _simulated(threshold, limit)
    if (folder / "test").is_dir():
        how = "" if threshold == 1 else f", thinned to one spike of {threshold}"
        pairs = sc.read_spike_gopro(folder, "test")[:limit]
        return f"{folder}, {len(pairs)} test pairs{how}", _recorded(pairs, threshold)
    scenes = sorted({path.parent for path in folder.glob("*/spikes_v*.dat")})[:limit]
    if not scenes:
        raise FileError(
            f"{folder} is no data set to judge by; expected test/spike_data as in Spike-GOPRO, or "
            "folders with blur.png, spikes_v1.dat and sharp_020.png"
        )
    frames = _looked_through(scenes, threshold)
    many = "1 sequence" if len(scenes) == 1 else f"{len(scenes)} sequences"
    return f"{folder}, {many}", _sequences(scenes, frames, threshold)


def thinned(stream: sc.SpikeStream, every: int, seed: int = 0) -> sc.SpikeStream:
    """Every n-th spike of each pixel, from a random one on: spikes at n times the threshold."""
    if every == 1:
        return stream
    phase = np.random.default_rng(seed).integers(0, every, stream.shape[1:])
    counted = (np.cumsum(np.asarray(stream), axis=0, dtype=np.int32) + phase) // every
    kept = np.diff(counted, axis=0, prepend=(phase // every)[None])
    slower = sc.SpikeStream.from_array(kept, rate=stream.rate)
    slower.exposure = stream.exposure
    return slower


def _simulated(threshold: int, limit: int | None) -> Iterator[Case]:
    for seed, film in enumerate(synthetic_set.films(RECORDING_FRAMES, EXPOSURE, limit)):
        gray = [sc.quarter_gray(frame) for frame in film.frames]
        stream = sc.simulate(gray, threshold=threshold, seed=seed, exposure=EXPOSURE)
        truth = {frame: film.sharp(frame) for frame in SEQUENCE}
        yield Case(film.name, film.blur(), stream, truth)


def _recorded(pairs: list[sc.Pair], threshold: int) -> Iterator[Case]:
    for seed, pair in enumerate(pairs):
        truth = _truth(pair.scene, pair.sharp)
        stream = thinned(pair.stream(), threshold, seed)
        yield Case(f"{pair.scene} {pair.name}", pair.blurry_picture(), stream, truth)


def _looked_through(scenes: list[Path], threshold: int) -> tuple[int, ...]:
    """The frames of which all scenes have the truth, once every file is known to fit.

    Before any work: what is missing in the last scene is said before the first is deblurred.
    """
    middle_alone = not any((scene / _sharp(SEQUENCE[0])).exists() for scene in scenes)
    frames = (MIDDLE,) if middle_alone else SEQUENCE
    for scene in scenes:
        for name in ("blur.png", _spikes(threshold), *map(_sharp, frames)):
            if not (scene / name).is_file():
                raise FileError(f"{scene} has no {name}; add it, or take the folder away")
        height, width = picture_size(scene / "blur.png")
        for frame in frames:
            if picture_size(scene / _sharp(frame)) != (height, width):
                raise FileError(
                    f"{scene / _sharp(frame)} is not of the size of blur.png, {width}x{height}"
                )
        sc.open(scene / _spikes(threshold), shape=(height // 4, width // 4))
    return frames


def _sequences(scenes: list[Path], frames: Sequence[int], threshold: int) -> Iterator[Case]:
    for scene in scenes:
        blur = sc.read_picture(scene / "blur.png")
        truth = {frame: sc.read_picture(scene / _sharp(frame)) for frame in frames}
        shape = blur.shape[0] // 4, blur.shape[1] // 4
        stream = sc.open(scene / _spikes(threshold), shape=shape)
        if stream.exposure is None:
            stream.exposure = stream.check_exposure(EXPOSURE)
        yield Case(scene.name, blur, stream, truth)


def _spikes(threshold: int) -> str:
    return f"spikes_v{threshold}.dat"


def _sharp(frame: int) -> str:
    return f"sharp_{frame:03d}.png"


def _truth(name: str, sharp: Mapping[int, Path]) -> dict[int, Picture]:
    """Pictures of the sequence's frames; of the middle one, where not all are there.

    Of a film of another length, which has neither, all that there are.
    """
    if not sharp:
        raise FileError(
            f"{name} has no sharp pictures to judge by; expected frames "
            f"{', '.join(map(str, SEQUENCE))}, or the middle one"
        )
    known = (frames for frames in (SEQUENCE, (MIDDLE,)) if all(frame in sharp for frame in frames))
    return {frame: sc.read_picture(sharp[frame]) for frame in next(known, tuple(sharp))}

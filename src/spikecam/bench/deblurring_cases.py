"""Test cases for deblurring: a blurry picture, its spikes, and sharp pictures to compare with.

Of three kinds: the test pairs of a data set in the layout of Spike-GOPRO; a folder of sequences,
each a folder with ``blur.png``, ``spikes_v1.dat`` and so on (137 frames, one file a threshold) and
``sharp_020.png`` and so on, by frame; and the synthetic set.

Pictures and spikes are related as in the papers' protocol, in which values of pictures are light,
or as real cameras record: spikes integrate light, and pictures are its encoded mean. A case says
its encoding; methods measure it, as they do for a user.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import spikecam as sc
from spikecam.bench import synthetic_set
from spikecam.data.spike_gopro import EXPOSURE, RECORDING_FRAMES
from spikecam.encoding import LINEAR, Encoding, parse_encoding, quarter_gray_light
from spikecam.errors import FileError
from spikecam.io.pictures import picture_size
from spikecam.picture import Picture

# Indices of the frames that SpikeReveal's Table 1 scores, and of the middle frame.
SEQUENCE_FRAMES, MIDDLE_FRAME = (20, 36, 52, 68, 84, 100, 116), 68


@dataclass(frozen=True)
class DeblurringCase:
    """Test case for deblurring: a blurry picture, its spikes, and true sharp pictures.

    Attributes:
        name: of the scene.
        blur: (h, w, 3) in [0, 1].
        stream: the spikes; its exposure is the picture's.
        truth: sharp pictures by frame, encoded as the blurry one.
        encoding: of the pictures.
    """

    name: str
    blur: Picture
    stream: sc.SpikeStream
    truth: Mapping[int, Picture]
    encoding: Encoding = LINEAR


def describe_and_iter_gopro_cases(
    data_folder: Path | None,
    threshold: int,
    limit: int | None = None,
    encoding: Encoding = LINEAR,
) -> tuple[str, Iterator[DeblurringCase]]:
    """Describe the test cases of Spike-GOPRO at one threshold, and iterate over them.

    A data set of Spike-GOPRO is recorded at V_th = 1. At V_th = n a pixel that carries over what is
    above its threshold fires at every n-th of these spikes; so they are thinned to that. The
    spikes without cause are thinned with them, which a sensor's are not: scores come out too high.

    Args:
        data_folder: a data set or a folder of sequences; None for the synthetic set.
        threshold: V_th.
        limit: number of cases, from the first; all by default.
        encoding: of the pictures of the synthetic set; the other two say their own.

    Raises:
        FileError: neither of the two, or something is missing.
    """
    if data_folder is None:
        source = f"a substitute for Spike-GOPRO: {synthetic_set.describe_synthetic_set(limit)}"
        return f"{source}, {_describe_encodings([encoding.name])}", _synthetic_cases(
            threshold, limit, encoding
        )
    if (data_folder / "test").is_dir():
        thinning = "" if threshold == 1 else f", thinned to one spike of {threshold}"
        pairs = sc.read_spike_gopro(data_folder, "test")[:limit]
        names = _describe_encodings([pair.encoding.name for pair in pairs])
        return f"{data_folder}, {len(pairs)} test pairs{thinning}, {names}", _data_set_cases(
            pairs, threshold
        )
    scenes = sorted({path.parent for path in data_folder.glob("*/spikes_v*.dat")})[:limit]
    if not scenes:
        raise FileError(
            f"{data_folder} is no data set for scoring; expected test/spike_data as in "
            "Spike-GOPRO, or "
            "folders with blur.png, spikes_v1.dat and sharp_020.png"
        )
    frames = _check_files_and_list_frames(scenes, threshold)
    encodings = _read_sequence_encodings(data_folder)
    described = _describe_encodings([encodings.get(scene.name, LINEAR).name for scene in scenes])
    count = "1 sequence" if len(scenes) == 1 else f"{len(scenes)} sequences"
    return f"{data_folder}, {count}, {described}", _sequence_cases(
        scenes, frames, threshold, encodings
    )


def keep_every_nth_spike(stream: sc.SpikeStream, n: int, seed: int = 0) -> sc.SpikeStream:
    """Keep every n-th spike of each pixel, from a random one on, as at n times the threshold."""
    if n == 1:
        return stream
    phase = np.random.default_rng(seed).integers(0, n, stream.shape[1:])
    spike_counts = (np.cumsum(np.asarray(stream), axis=0, dtype=np.int32) + phase) // n
    thinned_spikes = np.diff(spike_counts, axis=0, prepend=(phase // n)[None])
    thinned_stream = sc.SpikeStream.from_array(thinned_spikes, rate=stream.rate)
    thinned_stream.exposure = stream.exposure
    return thinned_stream


def _synthetic_cases(
    threshold: int, limit: int | None, encoding: Encoding
) -> Iterator[DeblurringCase]:
    for seed, sequence in enumerate(
        synthetic_set.make_sequences(RECORDING_FRAMES, EXPOSURE, limit)
    ):
        gray = [quarter_gray_light(frame, encoding) for frame in sequence.frames]
        stream = sc.simulate(gray, threshold=threshold, seed=seed, exposure=EXPOSURE)
        truth = {frame: sequence.sharp(frame) for frame in SEQUENCE_FRAMES}
        yield DeblurringCase(sequence.name, sequence.blur(encoding), stream, truth, encoding)


def _data_set_cases(pairs: list[sc.Pair], threshold: int) -> Iterator[DeblurringCase]:
    for seed, pair in enumerate(pairs):
        truth = _read_sharp_pictures(pair.scene, pair.sharp)
        stream = keep_every_nth_spike(pair.stream(), threshold, seed)
        name, blur = f"{pair.scene} {pair.name}", pair.blurry_picture()
        yield DeblurringCase(name, blur, stream, truth, pair.encoding)


def _check_files_and_list_frames(scene_folders: list[Path], threshold: int) -> tuple[int, ...]:
    """Check the files of all scenes, and list the frames of which they have sharp pictures.

    It runs before any deblurring, so that a missing file of the last scene is reported at once.
    """
    only_middle = not any(
        (scene / _sharp_name(SEQUENCE_FRAMES[0])).exists() for scene in scene_folders
    )
    frames = (MIDDLE_FRAME,) if only_middle else SEQUENCE_FRAMES
    for scene in scene_folders:
        for name in ("blur.png", _spikes_name(threshold), *map(_sharp_name, frames)):
            if not (scene / name).is_file():
                raise FileError(f"{scene} has no {name}; add it, or take the folder away")
        height, width = picture_size(scene / "blur.png")
        for frame in frames:
            if picture_size(scene / _sharp_name(frame)) != (height, width):
                raise FileError(
                    f"{scene / _sharp_name(frame)} is not of the size of blur.png, {width}x{height}"
                )
        sc.open(scene / _spikes_name(threshold), shape=(height // 4, width // 4))
    return frames


def _sequence_cases(
    scenes: list[Path],
    frames: Sequence[int],
    threshold: int,
    encodings: Mapping[str, Encoding],
) -> Iterator[DeblurringCase]:
    for scene in scenes:
        blur = sc.read_picture(scene / "blur.png")
        truth = {frame: sc.read_picture(scene / _sharp_name(frame)) for frame in frames}
        shape = blur.shape[0] // 4, blur.shape[1] // 4
        stream = sc.open(scene / _spikes_name(threshold), shape=shape)
        if stream.exposure is None:
            stream.exposure = stream.check_exposure(EXPOSURE)
        encoding = encodings.get(scene.name, LINEAR)
        yield DeblurringCase(scene.name, blur, stream, truth, encoding)


def _read_sequence_encodings(data_folder: Path) -> dict[str, Encoding]:
    """Read the encodings of sequences by their names, from ``sequences.json`` where it is there.

    Its entries have a ``sequence`` and, where its pictures are of real light, their encoding as
    ``light``; without one, values are light.
    """
    path = data_folder / "sequences.json"
    if not path.exists():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {
            entry["sequence"]: parse_encoding(entry["light"])
            for entry in entries
            if "light" in entry
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path} is no list of sequences ({error}); correct it") from error


def _describe_encodings(names: Sequence[str]) -> str:
    """Describe encodings of pictures in words, for a report."""
    if set(names) == {"linear"}:
        return "values of pictures as light"
    counts = Counter("values as light" if name == "linear" else name for name in names)
    if len(counts) == 1:
        return f"pictures in {names[0]}, spikes of their light"
    return "pictures in " + ", ".join(f"{name} ({count})" for name, count in counts.items())


def _spikes_name(threshold: int) -> str:
    return f"spikes_v{threshold}.dat"


def _sharp_name(frame: int) -> str:
    return f"sharp_{frame:03d}.png"


def _read_sharp_pictures(scene_name: str, paths_by_frame: Mapping[int, Path]) -> dict[int, Picture]:
    """Read the sharp pictures of a scene, by frame.

    They are those of the sequence's frames, or of the middle one if some are missing.

    A sequence of another length has neither: then all its sharp pictures are read.
    """
    if not paths_by_frame:
        raise FileError(
            f"{scene_name} has no sharp pictures to compare with; expected frames "
            f"{', '.join(map(str, SEQUENCE_FRAMES))}, or the middle one"
        )
    frame_sets = (
        frames
        for frames in (SEQUENCE_FRAMES, (MIDDLE_FRAME,))
        if all(frame in paths_by_frame for frame in frames)
    )
    return {
        frame: sc.read_picture(paths_by_frame[frame])
        for frame in next(frame_sets, tuple(paths_by_frame))
    }

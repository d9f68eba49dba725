"""Spike-GOPRO (SpikeReveal, section 4.1): its timing and its layout on disk, read and written.

A blurry picture is the mean of 97 frames; the next exposure starts 7 frames later. Its recording
of 137 frames begins 20 frames before the exposure and ends 20 frames after it. Below ``train`` and
``test`` (and ``val`` in those that we make) there are::

    blur_data/SCENE/NNNNNN.png     the blurry picture
    spike_data/SCENE/NNNNNN.dat    spikes on a grid a quarter as fine
    sharp_data/SCENE/NNNNNN.png    the sharp picture in the middle, frame 68

and, where more sharp frames were kept, ``sharp_data/SCENE/NNNNNN/TTT.png``, named by frame. Data
sets that we make may have ``light_data/SCENE/NNNNNN.npy``, the video that the spike camera saw
(137, H, W), uint16 gray, from which spikes of any other sensor can be simulated; and a
``manifest.json`` that says their exposure.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.data.pairs import (
    Pair,
    check_picture_scale,
    find_recording_paths,
    select_complete_pairs,
)
from spikecam.encoding import Encoding, is_encoding_file, parse_encoding
from spikecam.errors import FileError, OptionError, RangeError
from spikecam.io.atomic import atomic_path
from spikecam.io.formats.dat import write_dat
from spikecam.io.paths import PathLike
from spikecam.io.pictures import write_picture
from spikecam.stream import Span, SpikeStream

EXPOSURE_FRAMES, GAP_FRAMES, MARGIN_FRAMES = 97, 7, 20
RECORDING_FRAMES = MARGIN_FRAMES + EXPOSURE_FRAMES + MARGIN_FRAMES
EXPOSURE = (MARGIN_FRAMES, MARGIN_FRAMES + EXPOSURE_FRAMES)
MANIFEST = "manifest.json"


def exposure_spans(
    total: int,
    *,
    length: int = EXPOSURE_FRAMES,
    gap: int = GAP_FRAMES,
    margin: int = MARGIN_FRAMES,
) -> list[Span]:
    """Spans (start, stop) of all exposures that fit into a sequence of frames.

    Args:
        total: frames in the sequence.
        length: frames of an exposure.
        gap: frames from the end of one exposure to the start of the next.
        margin: frames before and after each exposure for which there are spikes as well; those of
            neighbours may overlap.

    Raises:
        OptionError: a length below 1, or a gap or margin below 0.
        RangeError: the sequence is too short for one.

    >>> exposure_spans(241)
    [(20, 117), (124, 221)]
    """
    try:
        total, length, gap, margin = map(operator.index, (total, length, gap, margin))
    except TypeError:
        raise OptionError("exposures are counted in whole frames") from None
    if length < 1 or gap < 0 or margin < 0:
        raise OptionError(
            "an exposure has 1 or more frames, a gap and a margin 0 or more: "
            f"not {length}, {gap} and {margin}"
        )
    if total < length + 2 * margin:
        raise RangeError(
            f"{total} frames are too few for an exposure of {length} with {margin} before and "
            f"after it; take at least {length + 2 * margin}"
        )
    starts = range(margin, total - margin - length + 1, length + gap)
    return [(start, start + length) for start in starts]


def read_spike_gopro(
    folder: PathLike,
    split: str = "train",
    *,
    incomplete: str = "refuse",
    say: Callable[[str], None] | None = None,
) -> list[Pair]:
    """List the pairs of a split of a Spike-GOPRO data set, each with its exposure.

    Args:
        folder: what holds ``train`` and ``test``.
        split: which of its folders.
        incomplete: "refuse" or "skip" recordings whose pictures are missing.
        say: takes a line that names what was skipped.

    Raises:
        FileError: there is no such data set, or halves of pairs are missing; the message lists
            the first of them.
        OptionError: another word for ``incomplete``.
    """
    root = Path(folder) / split
    exposure, encodings = _read_exposure(Path(folder)), _read_encodings(Path(folder))
    has_sharp = (root / "sharp_data").is_dir()
    has_light = (root / "light_data").is_dir()
    pairs = []
    for spikes in find_recording_paths(root):
        scene, name = spikes.parent.name, spikes.stem
        sharp_folder = root / "sharp_data" / scene
        sharp = {sum(exposure) // 2: sharp_folder / f"{name}.png"} if has_sharp else {}
        sharp |= {int(p.stem): p for p in (sharp_folder / name).glob("*.png") if p.stem.isdecimal()}
        blur = root / "blur_data" / scene / f"{name}.png"
        light = light_video_path(folder, split, scene, name) if has_light else None
        ordered = dict(sorted(sharp.items()))
        pair = Pair(scene, name, spikes, None, blur, ordered, exposure, light)
        if scene in encodings:
            pair = replace(pair, encoding=encodings[scene], encoding_is_known=True)
        pairs.append(pair)
    return select_complete_pairs(root, pairs, ".png", incomplete, say)


def write_spike_gopro_pair(
    folder: PathLike,
    split: str,
    scene: str,
    name: str,
    *,
    stream: SpikeStream,
    blur: npt.ArrayLike,
    sharp: Mapping[int, npt.ArrayLike],
    light: npt.NDArray[np.uint16] | None = None,
) -> None:
    """Write one pair in the layout of Spike-GOPRO. It is written as a whole or not at all.

    The recording, by which readers know the pair, comes last; one that was there goes first.

    Args:
        folder, split, scene, name: where to.
        stream: the spikes; their exposure is the one of the whole data set.
        blur: the blurry picture, 4 times as fine as the spikes.
        sharp: sharp pictures by frame; the one in the middle of the exposure, which must be among
            them, gets the pair's name, others lie in a folder of that name.
        light: the video that the spike camera saw, (T, H, W), where it shall be kept; 65535 is 1.

    Raises:
        OptionError: pictures of other sizes, another exposure, or no picture of the middle.
    """
    exposure = _read_exposure(Path(folder))
    if stream.exposure is not None and stream.exposure != exposure:
        raise OptionError(
            f"pairs of {folder} are exposed during frames {exposure[0]}:{exposure[1]}, and this "
            f"recording during {stream.exposure[0]}:{stream.exposure[1]}"
        )
    middle = sum(exposure) // 2
    if middle not in sharp:
        raise OptionError(f"a pair has the sharp picture of its middle frame, {middle}")
    for picture in (blur, *sharp.values()):
        check_picture_scale(picture, stream)
    recording, blurry, *pictures = pair_paths(folder, split, scene, name, sorted(sharp), middle)
    recording.unlink(missing_ok=True)
    if light is not None:
        path = light_video_path(folder, split, scene, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, light)
    for path, frame in zip(pictures, sorted(sharp), strict=True):
        write_picture(path, sharp[frame])
    write_picture(blurry, blur)
    write_dat(recording, stream, sidecar=False)


def pair_paths(
    dataset_folder: PathLike,
    split: str,
    scene: str,
    name: str,
    sharp_frames: Iterable[int],
    middle_frame: int,
) -> list[Path]:
    """Paths of the files of a pair: the recording, the blurry picture, sharp ones by frame."""
    root = Path(dataset_folder) / split
    sharp = [
        f"{name}.png" if n == middle_frame else f"{name}/{n:03d}.png" for n in sorted(sharp_frames)
    ]
    return [
        root / "spike_data" / scene / f"{name}.dat",
        root / "blur_data" / scene / f"{name}.png",
        *(root / "sharp_data" / scene / place for place in sharp),
    ]


def light_video_path(dataset_folder: PathLike, split: str, scene: str, name: str) -> Path:
    """Path of the video of the light that the spike camera of a pair saw."""
    return Path(dataset_folder) / split / "light_data" / scene / f"{name}.npy"


def _read_encodings(dataset_folder: Path) -> dict[str, Encoding]:
    """Read the encodings of the pictures of a simulated data set, by the names of its scenes.

    A data set without a manifest follows the protocol of the papers, in which values are light.
    """
    manifest = dataset_folder / MANIFEST
    if not manifest.exists():
        return {}
    try:
        scenes = json.loads(manifest.read_text(encoding="utf-8")).get("scenes", [])
        return {
            scene["name"]: replace(
                _parse_stored_encoding(dataset_folder, scene["encoding"]),
                colour_weights=tuple(scene["colour_weights"]),
            )
            for scene in scenes
            if "encoding" in scene
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{manifest} is no manifest ({error}); correct or remove it") from error


def _parse_stored_encoding(dataset_folder: Path, notation: str) -> Encoding:
    """Parse an encoding of a manifest, whose files lie in the folder of the data set."""
    return parse_encoding(dataset_folder / notation if is_encoding_file(notation) else notation)


def _read_exposure(dataset_folder: Path) -> Span:
    """Read the exposure of a data set from its manifest.

    Without a manifest it is the published exposure.
    """
    manifest = dataset_folder / MANIFEST
    if not manifest.exists():
        return EXPOSURE
    try:
        start, stop = json.loads(manifest.read_text(encoding="utf-8"))["exposure"]
        return int(start), int(stop)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{manifest} is no manifest ({error}); correct or remove it") from error

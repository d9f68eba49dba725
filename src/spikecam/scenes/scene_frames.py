"""Frames of a scene from a file: an interpolated video, or a camera moving over a photograph."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice, repeat
from pathlib import Path

import numpy as np

from spikecam.errors import FileError, OptionError, RangeError
from spikecam.io.paths import check_existing_file
from spikecam.io.pictures import is_picture, quantize_to_levels, read_picture
from spikecam.io.video import VIDEO_SOURCES, count_frames, video_frames
from spikecam.scenes.interpolation import DEFAULT_FACTOR, interpolate_frames
from spikecam.scenes.layers import Frame
from spikecam.scenes.motion import SCENE_FRAMES, moving_scene
from spikecam.stream import Span

# Motion over a photograph by default, in pixels per exposure.
DEFAULT_SPEED = 30.0
_MIN_SIDE = 64
# Default size of the frames: this share of the photograph, the rest being room to move, and at most
# that of HD video (height, width).
_SIZE_SHARE, _MAX_SIZE = 0.8, (720, 1280)


def scene_frames(
    source: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    speed: float | None = None,
    seed: int = 0,
    interpolate: int | None = None,
    frames: Span | None = None,
    still: int | None = None,
) -> tuple[Iterator[Frame], int]:
    """Open a photograph or video as a scene: an iterator over frames, and their number.

    Args:
        source: a photograph, a video, or a folder of a video's frames.
        size: for a photograph, height and width of the frames; by default four fifths of its own,
            which leaves room to move, and at most 720x1280.
        speed: for a photograph, pixels that it moves in the exposure, 20:117 of 137 frames (default
            30).
        seed: of that motion.
        interpolate: for a video, frames made of each of its own (default 8).
        frames: for a video, which of its own, (start, stop); all by default.
        still: for a photograph, number of frames during which the camera stands still and sees all
            of it, such as a uniform field for a calibration; by default it moves.

    Returns:
        Iterator over uint8 frames, and their number.

    Raises:
        FileError: not such a source; while running, a video that ends early.
        OptionError: an option of the other kind of source, or a photograph that is too small.
        RangeError: frames that the video does not have.
    """
    if Path(source).is_dir() or Path(source).suffix.lower() in VIDEO_SOURCES:
        if size is not None or speed is not None or still is not None:
            raise OptionError(f"{source} is a video; it has its size and moves by itself")
        return _video_frames(source, DEFAULT_FACTOR if interpolate is None else interpolate, frames)
    check_existing_file(source)
    if not is_picture(source):
        raise FileError(
            f"{source} is neither a picture (PNG, JPEG, TIFF) nor a video; convert it first"
        )
    if interpolate is not None or frames is not None:
        raise OptionError(f"{source} is a photograph: there is nothing to interpolate")
    photo = read_picture(source)
    if still is not None:
        if size is not None or speed is not None:
            raise OptionError(
                "a camera that stands still sees all of the photograph; leave size and speed out"
            )
        if still < 1:
            raise OptionError(f"a camera stands still for at least 1 frame, not {still}")
        return repeat(np.asarray(quantize_to_levels(photo), np.uint8), still), still
    if size is None:
        height, width = photo.shape[:2]
        scale = min(_SIZE_SHARE, _MAX_SIZE[0] / height, _MAX_SIZE[1] / width)
        size = int(height * scale) // 32 * 32, int(width * scale) // 32 * 32
        if min(size) < _MIN_SIDE:
            raise OptionError(
                f"{source} of {width}x{height} is too small to move over; take a "
                f"photograph of at least {_MIN_SIDE * 5 // 4} pixels a side"
            )
    if speed is None:
        speed = min(DEFAULT_SPEED, min(size) / 2)
    return moving_scene(photo, size=size, speed=speed, seed=seed), SCENE_FRAMES


def _video_frames(
    source: str | os.PathLike[str], factor: int, frames: Span | None
) -> tuple[Iterator[Frame], int]:
    count = count_frames(source)
    start, stop = frames or (0, count)
    if not 0 <= start < stop <= count:
        raise RangeError(f"frames {start}:{stop} leaves the video {source}, which has 0:{count}")
    if stop - start < 2:
        raise FileError(f"{source} has {stop - start} frame; interpolation takes at least two")
    total = (stop - start - 1) * factor + 1
    pictures = islice(video_frames(source), start, stop)
    return require_frame_count(interpolate_frames(pictures, factor), total, source), total


def require_frame_count(
    frames: Iterator[Frame], expected_count: int, source: str | os.PathLike[str]
) -> Iterator[Frame]:
    """Yield frames unchanged, and refuse fewer than expected.

    Raises:
        FileError: while running, the source has ended early.
    """
    count = 0
    for frame in frames:
        count += 1
        yield frame
    if count < expected_count:
        raise FileError(
            f"{source} ends early: {count} of {expected_count} frames could be made; convert it "
            "again, or leave it out"
        )

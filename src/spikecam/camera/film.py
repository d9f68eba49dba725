"""A film of any scene: the frames of a video, interpolated, or motion over a photograph."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from spikecam.camera.exposure import FRAMES
from spikecam.camera.interpolation import FACTOR, interpolated
from spikecam.camera.layers import Frame
from spikecam.camera.motion import moving_scene
from spikecam.errors import FileError, OptionError
from spikecam.io.pictures import is_picture, read_picture
from spikecam.io.video import count_frames, video_frames

SPEED = 30.0
# Of a photograph, what is not room to move; and no larger than video.
_SHARE, _LARGEST = 0.8, (720, 1280)


def film(
    source: str | os.PathLike[str],
    *,
    interpolate: int | None = None,
    speed: float | None = None,
    seed: int = 0,
) -> tuple[Iterator[Frame], int]:
    """Frames of a scene, and how many there are.

    Args:
        source: a video, a folder of its frames, or a photograph.
        interpolate: for a video, frames made of each (8).
        speed: for a photograph, pixels that it moves in the exposure, 20:117 of 137 frames (30).
        seed: of that motion.

    Returns:
        Iterator over uint8 frames, cut to multiples of 4 pixels, and their number.

    Raises:
        FileError: not such a source; while running, a video that ends early.
        OptionError: an option of the other kind of source, or a photograph that is too small.
    """
    if Path(source).is_file() and is_picture(source):
        if interpolate is not None:
            raise OptionError(f"{source} is a photograph: there is nothing to interpolate")
        photo = read_picture(source)
        height, width = photo.shape[:2]
        scale = min(_SHARE, _LARGEST[0] / height, _LARGEST[1] / width)
        size = int(height * scale) // 32 * 32, int(width * scale) // 32 * 32
        if min(size) < 64:
            raise OptionError(
                f"{source} of {width}x{height} is too small to move over; take a photograph of at "
                "least 80 pixels a side"
            )
        pace = SPEED if speed is None else speed
        return moving_scene(photo, size=size, speed=pace, seed=seed), FRAMES
    if speed is not None:
        raise OptionError(f"{source} moves by itself; a speed is for photographs")
    factor = FACTOR if interpolate is None else interpolate
    total = (count_frames(source) - 1) * factor + 1
    frames = (
        frame[: frame.shape[0] // 4 * 4, : frame.shape[1] // 4 * 4]
        for frame in video_frames(source)
    )
    return _whole(interpolated(frames, factor), total, source), total


def _whole(frames: Iterator[Frame], total: int, source: str | os.PathLike[str]) -> Iterator[Frame]:
    number = 0
    for frame in frames:
        number += 1
        yield frame
    if number < total:
        raise FileError(
            f"{source} ends early: {number} of {total} frames could be made; convert it anew"
        )

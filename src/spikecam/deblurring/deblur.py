"""Sharp pictures from a blurry one and its spikes, by a method's name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import GeometryError
from spikecam.exposure import resolve_exposure
from spikecam.frames import Frames, choose_frames, frames_with_window
from spikecam.io.paths import PathLike
from spikecam.io.pictures import read_picture
from spikecam.io.recording import as_stream
from spikecam.method import Takes, find_method
from spikecam.picture import Picture, as_floats
from spikecam.stream import Span, SpikeStream

DEFAULT_METHOD = "refined"
# Pictures where neither a frame nor a number of frames is chosen.
DEFAULT_COUNT = 7


def deblur(
    blur: npt.ArrayLike | PathLike,
    spikes: SpikeStream | PathLike,
    *,
    camera: str | tuple[int, int] | None = None,
    exposure: Span | None = None,
    frames: Frames | None = None,
    at: int | None = None,
    method: str = DEFAULT_METHOD,
    **options: Any,
) -> Picture:
    """Deblur a picture with the spikes of the same moment.

    Args:
        blur: the blurry picture, or its path: (h, w) or (h, w, 3) in [0, 1], any number
            of times as fine as the spikes, or coarser; the result has its size.
        spikes: the recording of the same view, or its path.
        camera: for a path that does not say its geometry, a camera's name or (height, width).
        exposure: frames (start, stop) during which the picture was exposed. By default what the
            recording says (`SpikeStream.exposure`), else the whole recording.
        frames: how many pictures, spaced evenly over the exposure (see `evenly_spaced_frames`), or
            which: a range, a sequence or an array of frame indices; by default 7.
        at: index of one frame in place of several.
        method: name of a method that takes spikes and a picture: "refined", SDM and what a network
            adds to it, for any threshold; "sdm", the bare formula; "ldn" and "teacher", the student
            and the teacher of S-SDM; or one of an installed package (see `spikecam.Method`).
        options: of the method; see its declaration, such as
            `spikecam.deblurring.methods.refined.RefinedOptions`.

    Returns:
        float32 in [0, 1]; (F, h, w, 3), or (h, w, 3) with ``at``; without colours for a gray one.

    Raises:
        FileError: a file that cannot be read, or weights of another network.
        GeometryError: picture and spikes do not cover the same view.
        RangeError: the exposure or a window leaves the recording.
        OptionError: an unknown method or option, or both ``at`` and ``frames``.

    >>> gray = np.full((4, 8), 0.5)
    >>> light = SpikeStream.from_array(np.ones((31, 2, 4)))
    >>> deblur(gray, light, frames=3).shape
    (3, 4, 8)
    """
    stream = as_stream(spikes, camera)
    if at is None and frames is None:
        frames = DEFAULT_COUNT
    pictures = _run(blur, stream, exposure, at, frames, method, options)
    return next(pictures) if at is not None else np.stack(list(pictures))


def deblur_frames(
    blur: npt.ArrayLike | PathLike,
    spikes: SpikeStream | PathLike,
    *,
    frames: Frames | None = None,
    exposure: Span | None = None,
    method: str = DEFAULT_METHOD,
    **options: Any,
) -> Iterator[Picture]:
    """Deblur frame after frame in constant memory.

    Arguments and errors are those of `deblur`; without ``frames`` it is every frame of the exposure
    whose window lies inside the recording.

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1].
    """
    return _run(blur, as_stream(spikes), exposure, None, frames, method, options)


def read_blurry_picture(picture: npt.ArrayLike | PathLike) -> Picture:
    """Read the blurry picture from a path, or check one that is an array."""
    if isinstance(picture, (str, os.PathLike)):
        return read_picture(picture)
    return as_floats(picture, "a blurry picture")


def picture_name(picture: object) -> str:
    """Name of a picture in messages: its path, or "the picture" for an array."""
    return str(picture) if isinstance(picture, (str, os.PathLike)) else "the picture"


def check_aspect_ratio(picture: Picture, stream: SpikeStream, name: str = "the picture") -> None:
    """Refuse a picture whose aspect ratio is not that of the spikes.

    The magnification need not be whole, and may be below 1; width and height must agree to half a
    spike pixel.

    Raises:
        GeometryError: the picture, called by ``name``, is of another shape.
    """
    height, width = picture.shape[:2]
    across, down = width / stream.width, height / stream.height
    difference = abs(across - down) / max(across, down) * max(stream.width, stream.height)
    if difference > 0.5:
        raise GeometryError(
            f"{name} of {width}x{height} is {across:.3g} times as wide but {down:.3g} times "
            f"as high as the spikes of {stream.width}x{stream.height}; crop both to the same view"
        )


def _run(
    blur: npt.ArrayLike | PathLike,
    stream: SpikeStream,
    exposure: Span | None,
    at: int | None,
    frames: Frames | None,
    method: str,
    options: dict[str, Any],
) -> Iterator[Picture]:
    declared = find_method(method, Takes.SPIKES_AND_PICTURE)
    parsed = declared.parse_options(options)
    parsed = declared.orient_fixed_pattern(parsed, stream)
    span = resolve_exposure(stream, exposure)
    window = declared.window(parsed, stream)
    if at is None and frames is None:
        frames = frames_with_window(stream, window, span)
    chosen = choose_frames(stream, at, frames, span=span, window=window)
    picture = read_blurry_picture(blur)
    check_aspect_ratio(picture, stream, picture_name(blur))
    pictures: Iterator[Picture] = declared.run(picture, stream, chosen, span, parsed)
    return pictures

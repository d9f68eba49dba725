"""Sharp pictures from a blurry one and its spikes, by a method's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.pair import PairSettings, match_pair
from spikecam.encoding import AUTO, Encoding
from spikecam.frames import Frames, choose_frames, frames_with_window
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.method import Takes, find_method
from spikecam.picture import Picture
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
    encoding: str | PathLike | Encoding = AUTO,
    readout: float | str = 0.0,
    check_match: bool = True,
    hdr: bool = False,
    **options: Any,
) -> Picture:
    """Deblur a picture with the spikes of the same moment.

    Args:
        blur: the blurry picture, or its path: (h, w) or (h, w, 3) in [0, 1], any number
            of times as fine as the spikes, or coarser; the result has its size. Above 1 it is
            linear light.
        spikes: the recording of the same view, or its path.
        camera: for a path that does not say its geometry, a camera's name or (height, width).
        exposure: frames (start, stop) during which the picture was exposed. By default what the
            recording says (`SpikeStream.exposure`); else they are estimated from the pair, and are
            the whole recording where no part of it fits the picture better.
        frames: how many pictures, spaced evenly over the exposure (see `evenly_spaced_frames`), or
            which: a range, a sequence or an array of frame indices; by default 7.
        at: index of one frame in place of several.
        method: name of a method that takes spikes and a picture: "refined", SDM and what a network
            adds to it, for any threshold; "sdm", the bare formula; "ldn" and "teacher", the student
            and the teacher of S-SDM; or one of an installed package (see `spikecam.Method`).
        encoding: of the blurry picture, and so of the results: "auto" measures it from the pair
            (see `measure_encoding`); else "linear", "srgb", "gamma:2.2", a file of
            `spikecam calibrate tone`, or an `Encoding`. In the protocol of the papers it is linear.
        readout: of a rolling shutter, frames from the exposure of the first row of the picture,
            which is ``exposure``, to that of the last; "auto" estimates it.
        check_match: compare the picture with the spikes: estimate an exposure that nobody says,
            move a picture that lies beside the spikes, refuse one of another scene.
        hdr: give linear light, in which the picture's white is 1 and what is brighter is above.
        options: of the method; see its declaration, such as
            `spikecam.deblurring.methods.refined.RefinedOptions`.

    Returns:
        float32 in [0, 1], encoded as ``blur``; (F, h, w, 3), or (h, w, 3) with ``at``; without
        colours for a gray one.

    Raises:
        FileError: a file that cannot be read, or weights of another network.
        GeometryError: picture and spikes do not cover the same view, or not the same scene.
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
    settings = PairSettings(encoding, readout, check_match)
    pictures = _run(blur, stream, exposure, at, frames, method, options, settings, hdr)
    return next(pictures) if at is not None else np.stack(list(pictures))


def deblur_frames(
    blur: npt.ArrayLike | PathLike,
    spikes: SpikeStream | PathLike,
    *,
    frames: Frames | None = None,
    exposure: Span | None = None,
    method: str = DEFAULT_METHOD,
    encoding: str | PathLike | Encoding = AUTO,
    readout: float | str = 0.0,
    check_match: bool = True,
    hdr: bool = False,
    **options: Any,
) -> Iterator[Picture]:
    """Deblur frame after frame in constant memory.

    Arguments and errors are those of `deblur`; without ``frames`` it is every frame of the exposure
    whose window lies inside the recording.

    Returns:
        Iterator over sharp pictures like ``blur``, float32 in [0, 1].
    """
    settings = PairSettings(encoding, readout, check_match)
    return _run(blur, as_stream(spikes), exposure, None, frames, method, options, settings, hdr)


def _run(
    blur: npt.ArrayLike | PathLike,
    stream: SpikeStream,
    exposure: Span | None,
    at: int | None,
    frames: Frames | None,
    method: str,
    options: dict[str, Any],
    settings: PairSettings,
    hdr: bool,
) -> Iterator[Picture]:
    declared = find_method(method, Takes.SPIKES_AND_PICTURE)
    parsed = declared.parse_options(options)
    parsed = declared.orient_fixed_pattern(parsed, stream)
    pair = match_pair(
        blur,
        stream,
        exposure,
        settings,
        fpn=declared.fixed_pattern(parsed),
    )
    span, picture = pair.exposure, pair.picture
    declared.check_readout(picture.readout)
    window = declared.window(parsed, stream)
    if at is None and frames is None:
        frames = frames_with_window(stream, window, span)
    indices = choose_frames(stream, at, frames, span=span, window=window)
    pictures: Iterator[Picture] = declared.run(picture, stream, indices, span, parsed)
    return (_finish(sharp, picture.encoding, hdr) for sharp in pictures)


def _finish(sharp: Picture, encoding: Encoding, hdr: bool) -> Picture:
    """Clip an encoded picture to [0, 1], or decode it to linear light."""
    return encoding.decode(np.maximum(sharp, 0)) if hdr else np.clip(sharp, 0, 1)

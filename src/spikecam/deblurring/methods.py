"""`deblur`: a blurry picture and its spikes to sharp pictures, by a method's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.sdm import WINDOW
from spikecam.errors import GeometryError, OptionError
from spikecam.exposure import evenly_spaced_frames, resolve_exposure
from spikecam.io.paths import PathLike
from spikecam.io.pictures import read_picture
from spikecam.io.recording import as_stream
from spikecam.picture import Picture, as_floats
from spikecam.stream import Span, SpikeStream

# Where the methods live, loaded when they are asked for, and the frames that each needs around
# one: those of a network load torch.
METHODS = {
    "refined": ("spikecam.deblurring.refined", 1),
    "sdm": ("spikecam.deblurring.sdm", WINDOW),
    "ldn": ("spikecam.deblurring.distilled", 21),
    "teacher": ("spikecam.deblurring.distilled", 9),
}
DEFAULT = "refined"


def deblur(
    blur: npt.ArrayLike | PathLike,
    spikes: SpikeStream | PathLike,
    *,
    camera: str | tuple[int, int] | None = None,
    exposure: Span | None = None,
    frames: int | Sequence[int] = 7,
    at: int | None = None,
    method: str = DEFAULT,
    **options: Any,
) -> Picture:
    """Bring back the sharp pictures inside a blurry one.

    Args:
        blur: the blurry picture, or its path: (h, w) or (h, w, 3) in [0, 1].
        spikes: the recording of the same view, or its path.
        camera: for a path that does not say its geometry, a camera's name or (height, width).
        exposure: frames (start, stop) during which the picture was exposed. By default what the
            recording says (`SpikeStream.exposure`), else the whole recording.
        frames: how many pictures, spaced evenly over the exposure (see `evenly_spaced_frames`), or
            which frames.
        at: one frame in place of several.
        method: "refined", SDM and what a network adds to it, for any threshold; "sdm", the bare
            formula; "ldn" and "teacher", the student and the teacher of S-SDM.
        options: of the method: ``fpn`` (the spike camera's `FixedPattern`) of refined and sdm;
            ``window`` (odd frames that make one picture) and ``prior`` (thresholds) of sdm;
            ``weights`` (names of those that ship, or files) and ``device`` of networks; ``tile``
            (pixels) of refined and ldn.

    Returns:
        float32 in [0, 1]; (F, h, w, 3), or (h, w, 3) with ``at``; without colours for a gray one.

    Raises:
        GeometryError: picture and spikes do not cover the same view.
        RangeError: the exposure or a window leaves the recording.
        OptionError: an unknown method or option.

    >>> gray = np.full((4, 8), 0.5)
    >>> light = SpikeStream.from_array(np.ones((31, 2, 4)))
    >>> deblur(gray, light, frames=3).shape
    (3, 4, 8)
    """
    stream = as_stream(spikes, camera)
    if at is not None:
        if frames != 7:
            raise OptionError("choose one frame with at, or several with frames, not both")
        frames = [at]
    elif isinstance(frames, (int, np.integer)):
        frames = evenly_spaced_frames(stream, int(frames), exposure, window_of(method, options))
    pictures = deblurred_frames(
        blur, stream, exposure=exposure, frames=frames, method=method, **options
    )
    return next(pictures) if at is not None else np.stack(list(pictures))


def deblurred_frames(
    blur: npt.ArrayLike | PathLike,
    stream: SpikeStream,
    *,
    frames: Sequence[int],
    exposure: Span | None = None,
    method: str = DEFAULT,
    **options: Any,
) -> Iterator[Picture]:
    """Deblur frame after frame in constant memory; arguments and errors as for `deblur`."""
    window_of(method, options)
    run = getattr(import_module(METHODS[method][0]), method)
    checked_options(run, method, options)
    if not isinstance(frames, Sequence) or not len(frames):
        raise OptionError(f"frames are a number or a list of frame numbers, not {frames!r}")
    picture = as_picture(blur)
    check_same_view(picture, stream, "the picture" if isinstance(blur, np.ndarray) else str(blur))
    pictures: Iterator[Picture] = run(
        picture, stream, frames, resolve_exposure(stream, exposure), **options
    )
    return pictures


def window_of(method: str, options: Mapping[str, Any]) -> int:
    """How many frames around one a method needs to make its picture.

    Raises:
        OptionError: an unknown method.
    """
    if method not in METHODS:
        raise OptionError(f"no method {method!r}; known methods: {', '.join(METHODS)}")
    window: int = options.get("window", METHODS[method][1])
    return window


def as_picture(picture: npt.ArrayLike | PathLike) -> Picture:
    """A picture in [0, 1] from a path or an array, refused if it is anything else."""
    if isinstance(picture, str) or hasattr(picture, "__fspath__"):
        return read_picture(picture)  # type: ignore[arg-type]
    return as_floats(picture, "a blurry picture")


def check_same_view(picture: Picture, stream: SpikeStream, name: str) -> None:
    """Refuse a picture that is not the spike grid enlarged by one ratio.

    The ratio need not be whole; width and height must agree to half a spike pixel.
    """
    height, width = picture.shape[:2]
    across, down = width / stream.width, height / stream.height
    slip = abs(across - down) / max(across, down) * max(stream.width, stream.height)
    if slip > 0.5:
        raise GeometryError(
            f"{name} of {width}x{height} is {across:.3g} times as wide but {down:.3g} times "
            f"as high as the spikes of {stream.width}x{stream.height}; crop both to the same view"
        )


def checked_options(
    run: Callable[..., Iterator[Picture]], method: str, options: dict[str, Any]
) -> dict[str, Any]:
    """The options of a method with their defaults, once the given ones are known to be of it.

    Raises:
        OptionError: an unknown option.
    """
    parameters = inspect.signature(run).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    for option in options:
        if option not in defaults:
            raise OptionError(f"{method} has no option {option!r}; it takes {', '.join(defaults)}")
    return defaults

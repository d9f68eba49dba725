"""`reconstruct` and `frames`: pictures from spikes alone by a method's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from spikecam.errors import OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.recording import PathLike, as_stream
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

# Where the methods live, loaded when they are asked for: that of a network loads torch.
METHODS = {
    "tfp": ("spikecam.reconstruction.tfp", "tfp"),
    "tfi": ("spikecam.reconstruction.tfi", "tfi"),
    "tfstp": ("spikecam.reconstruction.tfstp", "tfstp"),
    "defocus": ("spikecam.reconstruction.refocused", "refocused"),
}


def reconstruct(
    spikes: SpikeStream | PathLike,
    at: int | None = None,
    method: str = "tfp",
    *,
    frames: range | None = None,
    **options: Any,
) -> Picture:
    """Reconstruct one frame, or a range of them, from spikes alone.

    Args:
        spikes: a recording, or the path of one that says its own geometry.
        at: the frame; the middle one by default.
        method: "tfp", "tfi" or "tfstp"; or "defocus", a network for scenes out of focus.
        frames: a range of frames in place of one.
        options: of the method: ``window`` (TFP and defocus, odd frames), ``reach`` (TFI, frames),
            ``plasticity`` (TFSTP); ``fpn``, the camera's `FixedPattern`, which all correct;
            ``weights`` (a name of those that ship, or a file), ``tile`` (pixels) and ``device`` of
            defocus.

    Returns:
        Firing rates in [0, 1], float32: (H, W), or (F, H, W) for ``frames``. A rate is a share of
        the brightest light that the camera can tell: 1 where a pixel fires in every frame.

    Raises:
        FileError: weights that cannot be read, or of another network.
        GeometryError: the fixed pattern is of another size.
        OptionError: an unknown method or option, or both ``at`` and ``frames``.
        RangeError: a frame or its window leaves the recording.

    >>> light = SpikeStream.from_array(np.ones((9, 2, 3)))
    >>> reconstruct(light, at=4, window=5).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    stream = as_stream(spikes)
    if frames is not None:
        if at is not None:
            raise OptionError("choose one frame with at, or a range with frames, not both")
        return np.stack(list(_run(stream, method, frames, options)))
    at = len(stream) // 2 if at is None else at
    if not isinstance(at, (int, np.integer)):
        raise OptionError(f"at is the number of a frame, not {at!r}")
    return next(_run(stream, method, range(at, at + 1), options))


def frames(
    spikes: SpikeStream | PathLike,
    method: str = "tfp",
    *,
    frames: range | None = None,
    **options: Any,
) -> Iterator[Picture]:
    """Reconstruct frame after frame in constant memory, for recordings of any length.

    Arguments, values and errors are those of `reconstruct`; without ``frames`` it is every frame
    whose window lies inside the recording (`all_frames`).

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W). None is written to again, but they
        share memory in blocks of about 16 MB: keep a copy of the few that are worth keeping.
    """
    stream = as_stream(spikes)
    if frames is None:
        frames = all_frames(stream, method, **options)
    return _run(stream, method, frames, options)


def all_frames(stream: SpikeStream, method: str = "tfp", **options: Any) -> range:
    """Every frame of the recording that the method can reconstruct.

    Raises:
        RangeError: there is none: the window is longer than the recording.
    """
    defaults = checked_options(_function(method), method, options)
    window = options.get("window", defaults.get("window", 1))
    if method == "defocus":
        from spikecam.reconstruction.integrations import check_window

        check_window(stream, window)
    stream.window(len(stream) // 2, window)
    return range(window // 2, len(stream) - window // 2)


def _run(
    stream: SpikeStream, method: str, frames: range, options: dict[str, Any]
) -> Iterator[Picture]:
    run = _function(method)
    checked_options(run, method, options)
    fpn = options.get("fpn")
    if fpn is not None and not isinstance(fpn, FixedPattern):
        raise OptionError(f"fpn is a FixedPattern, such as FixedPattern.open reads, not {fpn!r}")
    if not isinstance(frames, range):
        raise OptionError(f"frames are a range, such as range(20, 117, 4), not {frames!r}")
    if not frames or frames.step < 1:
        raise RangeError(f"{frames} holds no frames that rise; give a start below its stop")
    pictures: Iterator[Picture] = run(stream, frames, **options)
    return pictures


def _function(method: str) -> Callable[..., Iterator[Picture]]:
    if method not in METHODS:
        raise OptionError(f"no method {method!r}; known methods: {', '.join(METHODS)}")
    module, name = METHODS[method]
    found: Callable[..., Iterator[Picture]] = getattr(import_module(module), name)
    return found


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

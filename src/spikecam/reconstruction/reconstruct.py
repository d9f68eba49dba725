"""`reconstruct` and `frames`: pictures from spikes alone by a method's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spikecam.errors import OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.method import Takes, find_method
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

DEFAULT_METHOD = "tfp"


def reconstruct(
    spikes: SpikeStream | PathLike,
    at: int | None = None,
    method: str = DEFAULT_METHOD,
    *,
    frames: range | None = None,
    **options: Any,
) -> Picture:
    """Reconstruct one frame, or a range of them, from spikes alone.

    Args:
        spikes: a recording, or the path of one that says its own geometry.
        at: the frame; the middle one by default.
        method: name of a method that takes spikes alone: "tfp", "tfi", "tfstp", "defocus", or one
            of an installed package (see `spikecam.Method`).
        frames: a range of frames in place of one.
        options: of the method; see its declaration, such as
            `spikecam.reconstruction.methods.tfp.TfpOptions`.

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
    method: str = DEFAULT_METHOD,
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


def all_frames(stream: SpikeStream, method: str = DEFAULT_METHOD, **options: Any) -> range:
    """Every frame of the recording that the method can reconstruct.

    Raises:
        RangeError: there is none: the window is longer than the recording.
    """
    declared = find_method(method, Takes.SPIKES)
    window = declared.window(declared.parse_options(options), stream)
    stream.window(len(stream) // 2, window)
    return range(window // 2, len(stream) - window // 2)


def _run(
    stream: SpikeStream, method: str, frames: range, options: dict[str, Any]
) -> Iterator[Picture]:
    declared = find_method(method, Takes.SPIKES)
    parsed = declared.parse_options(options)
    fpn = options.get("fpn")
    if fpn is not None and not isinstance(fpn, FixedPattern):
        raise OptionError(f"fpn is a FixedPattern, such as FixedPattern.load reads, not {fpn!r}")
    if not isinstance(frames, range):
        raise OptionError(f"frames are a range, such as range(20, 117, 4), not {frames!r}")
    if not frames or frames.step < 1:
        raise RangeError(f"{frames} holds no frames that rise; give a start below its stop")
    pictures: Iterator[Picture] = declared.run(stream, frames, parsed)
    return pictures

"""Pictures from spikes alone, by a method's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from spikecam.frames import Frames, choose_frames, frames_with_window
from spikecam.io.paths import PathLike
from spikecam.io.recording import as_stream
from spikecam.method import Takes, find_method
from spikecam.picture import Picture
from spikecam.reconstruction.method_choice import AUTO, EVERY_FRAME, resolve_method
from spikecam.stream import SpikeStream

DEFAULT_METHOD = AUTO


def reconstruct(
    spikes: SpikeStream | PathLike,
    at: int | None = None,
    method: str = DEFAULT_METHOD,
    *,
    frames: Frames | None = None,
    **options: Any,
) -> Picture:
    """Reconstruct one frame, or several of them, from spikes alone.

    Args:
        spikes: a recording, or the path of one that says its own geometry.
        at: index of the frame; the middle one by default.
        method: name of a method that takes spikes alone: "fusion", "tfp", "tfi", "defocus", or one
            of an installed package (see `spikecam.Method`). "auto" chooses it by light and motion
            (`spikecam.choose_method`), and is "tfp" where options such as a window are given.
        frames: in place of one frame, how many, spaced evenly over the recording, or which: a
            range, a sequence or an array of frame indices.
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
    if at is None and frames is None:
        at = len(stream) // 2
    pictures = _run(stream, method, at, frames, options)
    return next(pictures) if frames is None else np.stack(list(pictures))


def reconstruct_frames(
    spikes: SpikeStream | PathLike,
    method: str = DEFAULT_METHOD,
    *,
    frames: Frames | None = None,
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
        method, options, _ = resolve_method(stream, method, options, EVERY_FRAME)
        frames = all_frames(stream, method, **options)
    return _run(stream, method, None, frames, options)


def all_frames(stream: SpikeStream, method: str = DEFAULT_METHOD, **options: Any) -> range:
    """Every frame of the recording that the method can reconstruct.

    Raises:
        RangeError: there is none: the window is longer than the recording.
    """
    method, options, _ = resolve_method(stream, method, options, EVERY_FRAME)
    declared = find_method(method, Takes.SPIKES)
    return frames_with_window(stream, declared.window(declared.parse_options(options), stream))


def _run(
    stream: SpikeStream,
    method: str,
    at: int | None,
    frames: Frames | None,
    options: dict[str, Any],
) -> Iterator[Picture]:
    if method == AUTO:
        indices = choose_frames(stream, at, frames)
        is_count = frames is not None and np.ndim(frames) == 0 and not isinstance(frames, range)
        method, options, _ = resolve_method(
            stream, method, options, frames if is_count else indices
        )
    declared = find_method(method, Takes.SPIKES)
    parsed = declared.parse_options(options)
    parsed = declared.orient_fixed_pattern(parsed, stream)
    window = declared.window(parsed, stream)
    chosen: Sequence[int] = choose_frames(stream, at, frames, window=window)
    pictures: Iterator[Picture] = declared.run(stream, chosen, parsed)
    return pictures

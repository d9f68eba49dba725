"""Choice of frames: one, a number of them spaced evenly, or any list of frame indices."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError, RangeError
from spikecam.exposure import resolve_exposure
from spikecam.stream import Span, SpikeStream

# A count, or frame indices from 0.
Frames = int | Sequence[int] | npt.NDArray[np.integer[Any]]


def choose_frames(
    stream: SpikeStream,
    at: int | None,
    frames: Frames | None,
    *,
    span: Span | None = None,
    window: int = 1,
) -> Sequence[int]:
    """Resolve a choice of frames to frame indices.

    It is one frame, a count, or the indices themselves.

    Args:
        stream: the recording.
        at: index of one frame.
        frames: how many, spaced evenly over the span (see `evenly_spaced_frames`); or
            which: a range, a sequence, or a one-dimensional array of indices.
        span: frames (start, stop) that a count is spread over; by default all of the recording.
        window: odd number of frames around each that the method needs.

    Returns:
        A range where one was given, else a list; never empty.

    Raises:
        OptionError: both or neither of ``at`` and ``frames``, or anything but whole numbers.
        RangeError: the window does not fit into the span, or a range without frames.

    >>> stream = SpikeStream.from_array(np.zeros((9, 1, 1)))
    >>> choose_frames(stream, None, 3), choose_frames(stream, None, range(2, 6, 2))
    ([0, 4, 8], range(2, 6, 2))
    """
    if at is not None and frames is not None:
        raise OptionError("choose one frame with at, or several with frames, not both")
    if at is not None:
        return [_index(at, "at is the index of one frame")]
    if frames is None:
        raise OptionError("choose one frame with at, or several with frames")
    if isinstance(frames, range):
        if not frames or frames.step < 1:
            raise RangeError(f"{frames} holds no frames that rise; give a start below its stop")
        return frames
    what = "frames are a count, a range, or a list of frame indices"
    if isinstance(frames, np.ndarray) and frames.ndim == 1:
        frames = frames.tolist()
    if isinstance(frames, Sequence) and not isinstance(frames, (str, bytes)):
        if not len(frames):
            raise OptionError(f"{what}, not {frames!r}")
        return [_index(frame, what) for frame in frames]
    count = _index(frames, what)
    return evenly_spaced_frames(stream, count, span or (0, len(stream)), window)


def longest_window(frame_count: int) -> int:
    """Frames of the longest window, which is odd, in a recording of ``frame_count`` frames.

    >>> longest_window(9), longest_window(10)
    (9, 9)
    """
    return frame_count - 1 + frame_count % 2


def parse_frames(text: str, recording_length: int, name: str = "frames") -> int | range:
    """Parse a choice of frames from the text COUNT or START:STOP[:STEP].

    Args:
        text: such as ``7``, ``20:117`` or ``:100:10``.
        recording_length: frames of the recording.
        name: what the message calls it, such as ``--frames``.

    Raises:
        OptionError: another text, or no frames.
        RangeError: the frames leave the recording.

    >>> parse_frames("7", 137), parse_frames("20:117:16", 137), parse_frames(":3", 137)
    (7, range(20, 117, 16), range(0, 3))
    """
    if ":" not in text:
        return _whole_numbers([text], text, name, "a number, or START:STOP[:STEP],")[0]
    defaults = ("0", str(recording_length), "1")
    parts = [part or default for part, default in zip_longest(text.split(":"), defaults)]
    numbers = _whole_numbers(parts if len(parts) == 3 else [], text, name, "START:STOP[:STEP]")
    if not numbers[2]:
        raise OptionError(f"{name} {text}: the step is at least 1")
    frames = range(*numbers)
    if not frames:
        raise OptionError(f"{name} {text}: no frames; give a start below its stop")
    if frames.stop > recording_length:
        raise RangeError(
            f"{name} {text} leaves the recording, whose frames are 0:{recording_length}"
        )
    return frames


def parse_span(text: str, recording_length: int, name: str = "exposure") -> Span:
    """Parse a span of frames from the text START:STOP, either of which may be left out.

    Args, errors: as for `parse_frames`.

    >>> parse_span("20:117", 137), parse_span(":50", 137)
    ((20, 117), (0, 50))
    """
    frames = parse_frames(text, recording_length, name) if text.count(":") == 1 else None
    if not isinstance(frames, range):
        raise OptionError(f"{name} {text}: expected START:STOP, such as 20:117")
    return frames.start, frames.stop


def frames_with_window(stream: SpikeStream, window: int, span: Span | None = None) -> range:
    """Range of the frames of a span whose window lies inside the recording.

    Raises:
        OptionError: the length is even or below 1.
        RangeError: there is none.

    >>> frames_with_window(SpikeStream.from_array(np.zeros((137, 1, 1))), 41, (10, 100))
    range(20, 100)
    """
    stream.window(len(stream) // 2, window)
    start, stop = span or (0, len(stream))
    frames = range(max(start, window // 2), min(stop, len(stream) - window // 2))
    if not frames:
        raise RangeError(
            f"no window of {window} frames around a frame of {start}:{stop} fits into the "
            f"recording of {len(stream)} frames; choose a smaller window"
        )
    return frames


def evenly_spaced_frames(
    stream: SpikeStream, count: int, exposure: Span | None = None, window: int = 1
) -> list[int]:
    """Indices of ``count`` frames spaced evenly over the exposure, its first and last included.

    Frames whose window would leave the recording are not counted as part of the exposure: where
    the recording begins or ends with the exposure, the first or last frame lies a half window
    inside. One frame alone is the middle one.

    Args:
        stream: the recording.
        count: how many frames.
        exposure: frames (start, stop); by default as `resolve_exposure` says.
        window: odd number of frames around each that a method needs.

    Raises:
        OptionError: fewer than 1 or more than there are.
        RangeError: the exposure leaves the recording, or no window fits.

    >>> evenly_spaced_frames(SpikeStream.from_array(np.zeros((137, 1, 1))), 7, (20, 117))
    [20, 36, 52, 68, 84, 100, 116]
    """
    frames = frames_with_window(stream, window, resolve_exposure(stream, exposure))
    first, last = frames[0], frames[-1]
    if not 1 <= count <= len(frames):
        raise OptionError(
            f"{count} frames cannot be spread over {first} to {last}: choose 1 to {len(frames)}"
        )
    if count == 1:
        return [(first + last) // 2]
    return [first + round(i * (last - first) / (count - 1)) for i in range(count)]


def _index(value: Any, what: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise OptionError(f"{what}, in whole numbers, not {value!r}") from None


def _whole_numbers(parts: list[str], text: str, name: str, form: str) -> list[int]:
    if not parts or not all(re.fullmatch("[0-9]{1,15}", part) for part in parts):
        raise OptionError(f"{name} {text}: expected {form} in whole numbers from 0")
    return [int(part) for part in parts]

"""The frames that a request is about, from what a user typed or from the kind of output."""

from __future__ import annotations

from collections.abc import Sequence

from spikecam.errors import RangeError
from spikecam.frames import Frames, choose_frames, parse_frames, parse_span
from spikecam.stream import Span, SpikeStream


def requested_frames(
    stream: SpikeStream,
    at: int | None,
    frames: Frames | str | None,
    default: Frames,
    *,
    span: Span | None = None,
    window: int = 1,
) -> Sequence[int]:
    """Resolve the frames of a request to their indices.

    Args:
        stream: the recording.
        at: index of one frame.
        frames: how many or which; a text is COUNT or START:STOP[:STEP].
        default: what is taken where neither is given.
        span: frames (start, stop) that a count is spread over; by default the whole recording.
        window: odd number of frames around each that the method needs.

    Raises:
        OptionError: both ``at`` and ``frames``, or a text of another form.
        RangeError: the frames leave the recording.
    """
    if isinstance(frames, str):
        frames = parse_frames(frames, len(stream))
    if at is None and frames is None:
        frames = default
    return choose_frames(stream, at, frames, span=span, window=window)


def requested_span(stream: SpikeStream, frames: Span | str | None) -> Span:
    """Resolve the span of a recording that a request uses to (start, stop); None for all of it.

    A text is START:STOP.

    Raises:
        OptionError: a text of another form.
        RangeError: the span is empty or leaves the recording.
    """
    if frames is None:
        return 0, len(stream)
    if isinstance(frames, str):
        return parse_span(frames, len(stream), "frames")
    start, stop = frames
    if not 0 <= start < stop <= len(stream):
        raise RangeError(
            f"frames {start}:{stop} are not in the recording, whose frames are 0:{len(stream)}"
        )
    return start, stop


def requested_exposure(stream: SpikeStream, exposure: Span | str | None) -> Span | None:
    """Resolve the exposure of a request to (start, stop).

    A text is START:STOP.

    Raises:
        OptionError: a text of another form.
        RangeError: the exposure leaves the recording.
    """
    if isinstance(exposure, str):
        return parse_span(exposure, len(stream))
    return None if exposure is None else stream.check_exposure(exposure)

"""Spikes of one pixel around a frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spikecam.errors import OptionError
from spikecam.stream import SpikeStream

_HALF_WINDOW_FRAMES = 200


class PixelTrace(NamedTuple):
    """Spikes of one pixel in a span of frames.

    Attributes:
        start, stop: the span.
        spike_frames: indices of the frames in which it fired.
        rate: its mean firing rate there, in [0, 1].
    """

    start: int
    stop: int
    spike_frames: list[int]
    rate: float

    @property
    def intervals(self) -> list[int]:
        """Frames from each spike to the next."""
        return np.diff(self.spike_frames).tolist()


def trace_pixel(stream: SpikeStream, x: int, y: int, frame_index: int) -> PixelTrace:
    """Trace the spikes of pixel (x, y) around a frame.

    The trace has up to 200 frames on both sides.

    Raises:
        OptionError: there is no such pixel.
    """
    if not (0 <= x < stream.width and 0 <= y < stream.height):
        raise OptionError(f"there is no pixel {x}, {y} in frames of {stream.width}x{stream.height}")
    start = max(0, frame_index - _HALF_WINDOW_FRAMES)
    stop = min(len(stream), frame_index + _HALF_WINDOW_FRAMES + 1)
    # Only its own byte of each frame is read: bottom row first, see `spikecam.bits`.
    bit = (stream.height - 1 - y) * stream.row_width + x
    fired = stream.packed(start, stop)[:, bit // 8] >> (bit % 8) & 1
    spike_frames = (start + np.flatnonzero(fired)).tolist()
    return PixelTrace(start, stop, spike_frames, len(spike_frames) / (stop - start))

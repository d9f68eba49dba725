"""The last frames of a camera that records, for methods that follow it."""

from __future__ import annotations

import numpy as np

from spikecam.stream import SpikeStream


class RecentFrames:
    """The last frames of those that come, as a recording.

    Args:
        shape: height and width in pixels.
        length: frames that are held.

    Attributes:
        stream: these frames, fewer at first.
    """

    def __init__(self, shape: tuple[int, int], length: int) -> None:
        self.length = length
        self.stream = SpikeStream.from_array(np.zeros((0, *shape), np.uint8))

    def append(self, frames: SpikeStream) -> None:
        """Append the frames that come next, and drop the oldest."""
        last = frames[max(0, len(frames) - self.length) :]
        before = self.stream[max(0, len(self.stream) + len(last) - self.length) :]
        if not len(before):
            self.stream = last
            return
        self.stream = SpikeStream(
            np.concatenate([before.packed(), last.packed()]),
            frames.shape[1:],
            row_width=frames.row_width,
        )

"""Counts of spikes in the last frames of a camera that records, each of which is counted once.

Frames are counted as they come, while they are in the cache, into the sums of blocks. The count of
a window is the sum of its blocks, as binary digits, and of the few frames at its ends that fill no
block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.bits import Bytes
from spikecam.reconstruction.recent_frames import RecentFrames
from spikecam.spike_counts import COUNTED_TOGETHER, SpikeCounter
from spikecam.stream import SpikeStream

# Frames of a block: their counts have six binary digits, a tenth of the bits of the frames.
_BLOCK_FRAMES = 9 * COUNTED_TOGETHER


class RecentCounts:
    """Counts of spikes in the last frames of those that come.

    Args:
        shape: height and width in pixels.
        length: of the window in frames.
    """

    def __init__(self, shape: tuple[int, int], length: int) -> None:
        self._shape = shape
        self._frames = RecentFrames(shape, length)
        self._begin_counts()

    def __len__(self) -> int:
        return len(self._frames)

    def writable_slots(self, count: int, size: int) -> Bytes | None:
        """Memory for the frames that come next, as `RecentFrames.writable_slots`."""
        return self._frames.writable_slots(count, size)

    def append(self, frames: SpikeStream) -> None:
        """Append the frames that come next, and drop the oldest."""
        for start in range(0, len(frames), _BLOCK_FRAMES):
            is_same = frames.row_width == self._frames.row_width
            self._frames.append(frames[start : min(start + _BLOCK_FRAMES, len(frames))])
            if not is_same:
                self._begin_counts()
            self._count_whole_groups()

    def count(self) -> npt.NDArray[np.uint32]:
        """Count the spikes of every pixel in these frames, (H, W)."""
        stop = self._frames.frame_count
        start = stop - len(self)
        self._total.clear()
        first = -(-start // _BLOCK_FRAMES)
        blocks = range(first, -(-self._counted // _BLOCK_FRAMES))
        if not blocks:
            self._add(start, stop, self._total)
        else:
            self._add(start, first * _BLOCK_FRAMES, self._total)
            for block in blocks:
                self._total.add_counts(self._blocks[block % len(self._blocks)])
            self._add(self._counted, stop, self._total)
        return self._total.picture(*self._shape, self._frames.row_width)

    def _begin_counts(self) -> None:
        size, length = self._frames.frame_bytes, self._frames.length
        self._counted = 0
        # As many digits as a block has, at least: blocks are added to it.
        self._total = SpikeCounter(size, max(length, _BLOCK_FRAMES))
        self._blocks = [
            SpikeCounter(size, _BLOCK_FRAMES) for _ in range(-(-length // _BLOCK_FRAMES) + 1)
        ]

    def _count_whole_groups(self) -> None:
        """Count the frames that are new, but for the last few, which fill no group."""
        while True:
            begun = self._counted % _BLOCK_FRAMES
            count = min(_BLOCK_FRAMES - begun, self._frames.frame_count - self._counted)
            stop = self._counted + count // COUNTED_TOGETHER * COUNTED_TOGETHER
            if stop == self._counted:
                return
            block = self._blocks[self._counted // _BLOCK_FRAMES % len(self._blocks)]
            if not begun:
                block.clear()
            self._add(self._counted, stop, block)
            self._counted = stop

    def _add(self, start: int, stop: int, counter: SpikeCounter) -> None:
        """Add frames [start, stop) of all that came."""
        for part in self._frames.parts(start, stop):
            if len(part):
                counter.add(part)

"""The last frames of a camera that records, for methods that follow it."""

from __future__ import annotations

import numpy as np

from spikecam.bits import Bytes, frame_bytes
from spikecam.stream import SpikeStream

# Frames that are held beyond those asked for: as many slots are writable while these stay whole.
SPARE_FRAMES = 64


class RecentFrames:
    """The last frames of those that come, in a ring of packed frames.

    Each frame is copied once, into the ring, or not at all where it was written there
    (`writable_slots`).

    Args:
        shape: height and width in pixels.
        length: frames that are held.

    Attributes:
        frame_count: frames that came since the ring began. It begins anew with rows of another
            stored width.
        row_width: stored columns of a row.
    """

    def __init__(self, shape: tuple[int, int], length: int) -> None:
        self.length = length
        self._shape = shape
        self._begin_ring(shape[1])

    def __len__(self) -> int:
        return min(self.frame_count, self.length)

    @property
    def frame_bytes(self) -> int:
        """Bytes of a packed frame."""
        return self._ring.shape[1]

    def writable_slots(self, count: int, size: int) -> Bytes | None:
        """Memory for the frames that come next, up to ``count`` of them, (n, size).

        Who writes frames there and then appends them saves a copy; what is there before is nothing
        that is held. None where frames are of another size than those before.
        """
        if size != self.frame_bytes:
            return None
        slot = self.frame_count % len(self._ring)
        return self._ring[slot : slot + min(count, SPARE_FRAMES)]

    def append(self, frames: SpikeStream) -> None:
        """Append the frames that come next, and drop the oldest."""
        if frames.row_width != self.row_width:
            self._begin_ring(frames.row_width)
        capacity = len(self._ring)
        first = max(0, len(frames) - capacity)
        self.frame_count += first
        while first < len(frames):
            slot = self.frame_count % capacity
            last = min(len(frames), first + capacity - slot)
            target, packed = self._ring[slot : slot + last - first], frames.packed(first, last)
            if packed.ctypes.data != target.ctypes.data:
                target[:] = packed
            self.frame_count += last - first
            first = last

    @property
    def stream(self) -> SpikeStream:
        """These frames as a recording, fewer at first. It is a copy, which does not change."""
        parts = self.parts(self.frame_count - len(self), self.frame_count)
        return SpikeStream(np.concatenate(parts), self._shape, row_width=self.row_width)

    def parts(self, start: int, stop: int) -> list[Bytes]:
        """Frames [start, stop) of all that came, in one array or two that follow each other.

        They are views of the ring, and of the last ``length`` frames.
        """
        capacity = len(self._ring)
        slot, end = start % capacity, start % capacity + stop - start
        if end <= capacity:
            return [self._ring[slot:end]]
        return [self._ring[slot:], self._ring[: end - capacity]]

    def _begin_ring(self, row_width: int) -> None:
        self.row_width = row_width
        self.frame_count = 0
        size = frame_bytes(self._shape[0], row_width)
        self._ring = np.empty((self.length + SPARE_FRAMES, size), np.uint8)

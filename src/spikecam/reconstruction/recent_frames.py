"""The last frames of a camera that records, for methods that follow it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.bits import frame_bytes
from spikecam.spike_counts import SpikeCounter
from spikecam.stream import SpikeStream


class RecentFrames:
    """The last frames of those that come, in a ring of packed frames.

    Each frame is copied once, into the ring.

    Args:
        shape: height and width in pixels.
        length: frames that are held.
    """

    def __init__(self, shape: tuple[int, int], length: int) -> None:
        self.length = length
        self._shape = shape
        self._begin_ring(shape[1])

    def __len__(self) -> int:
        return min(self._frame_count, self.length)

    def append(self, frames: SpikeStream) -> None:
        """Append the frames that come next, and drop the oldest."""
        if frames.row_width != self._row_width:
            self._begin_ring(frames.row_width)
        self._frame_count += max(0, len(frames) - self.length)
        first = max(0, len(frames) - self.length)
        while first < len(frames):
            place = self._frame_count % self.length
            last = min(len(frames), first + self.length - place)
            self._ring[place : place + last - first] = frames.packed(first, last)
            self._frame_count += last - first
            first = last

    @property
    def stream(self) -> SpikeStream:
        """These frames as a recording, fewer at first. It is a copy, which does not change."""
        return SpikeStream(np.concatenate(self._parts()), self._shape, row_width=self._row_width)

    def count(self) -> npt.NDArray[np.uint32]:
        """Count the spikes of every pixel in these frames, (H, W)."""
        counter = SpikeCounter(self._ring.shape[1], len(self))
        for part in self._parts():
            counter.add(part)
        return counter.picture(*self._shape, self._row_width)

    def _parts(self) -> list[npt.NDArray[np.uint8]]:
        """The frames in their order, in one array or two that follow each other in time."""
        if self._frame_count <= self.length:
            return [self._ring[: self._frame_count]]
        place = self._frame_count % self.length
        return [self._ring[place:], self._ring[:place]]

    def _begin_ring(self, row_width: int) -> None:
        self._row_width = row_width
        self._frame_count = 0
        self._ring = np.empty((self.length, frame_bytes(self._shape[0], row_width)), np.uint8)

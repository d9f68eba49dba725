"""Store of packed frames that are flipped, rotated and cropped when they are read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.orientation import Orientation
from spikecam.resources import check_memory

# Pixels that are unpacked at a time, a byte each.
_PART_BYTES = 1 << 20


class OrientedFrames:
    """Packed frames of a recording in another orientation, unpacked and packed in small parts.

    Args:
        read: gives frames [start, stop) of the recording, 0/1, uint8 (stop - start, H, W).
        shape: frames, height and width of the recording.
        orientation: of the frames in this store; its crop lies inside the recording.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        read: Callable[[int, int], npt.NDArray[np.uint8]],
        shape: tuple[int, int, int],
        orientation: Orientation,
    ) -> None:
        self._read, self._orientation = read, orientation
        frame_count, height, width = shape
        self._part_frames = max(1, _PART_BYTES // (height * width))
        self.shape = (frame_count, bits.frame_bytes(*orientation.oriented_shape((height, width))))

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        start, stop, _ = index.indices(self.shape[0])
        shape = (max(0, stop - start), self.shape[1])
        check_memory(shape[0] * shape[1], f"reading frames {start}:{stop}")
        packed = np.empty(shape, np.uint8)
        for first in range(start, stop, self._part_frames):
            last = min(first + self._part_frames, stop)
            frames = self._orientation.apply(self._read(first, last))
            packed[first - start : last - start] = bits.pack(frames)
        return packed

"""Packed frames in a file: read a slice at a time, written a block at a time."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError
from spikecam.io.byte_source import ByteSource
from spikecam.resources import check_memory
from spikecam.stream import SpikeStream


class StoredFrames:
    """Packed frames stored one after another in a file, from which slices are read.

    Args:
        source: bytes of the file.
        frame_count: how many there are.
        frame_bytes: of each.
        offset: of the first, in bytes.
        checksum: CRC-32 of what lies before the frames, and of that with all frames; None where
            the file has none. It is compared where all frames are read one after another, in
            pieces or at once; damage in a file of which only parts are read goes unnoticed.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        source: ByteSource,
        frame_count: int,
        frame_bytes: int,
        offset: int = 0,
        checksum: tuple[int, int] | None = None,
    ) -> None:
        self.source = source
        self.shape = (frame_count, frame_bytes)
        self.offset = offset
        self._checksum = checksum
        # How many frames were read from the first on, and the checksum so far. One value, as
        # threads may read at a time.
        self._checked = (0, 0 if checksum is None else checksum[0])

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        start, stop, _ = index.indices(self.shape[0])
        shape = (max(0, stop - start), self.shape[1])
        check_memory(shape[0] * shape[1], f"reading frames {start}:{stop} of {self.source.name}")
        frames = np.empty(shape, np.uint8)
        if self.source.read_into(self.offset + start * shape[1], frames):
            self._update_checksum(start, frames)
            return frames
        raise FileError(
            f"{self.source.name} changed while it was being read: frames {start}:{stop} are gone; "
            "open it again"
        )

    def _update_checksum(self, start: int, frames: npt.NDArray[np.uint8]) -> None:
        """Update the checksum by frames that were read, and compare it after the last one."""
        position, checksum = self._checked
        if self._checksum is None or start != position or not len(frames):
            return
        position, checksum = start + len(frames), zlib.crc32(frames.data, checksum)
        self._checked = (position, checksum)
        if position == self.shape[0] and checksum != self._checksum[1]:
            raise FileError(
                f"{self.source.name} is damaged: its checksum does not match; get it again"
            )


def pack_without_padding(stream: SpikeStream, start: int, stop: int) -> bits.Bytes:
    """Frames [start, stop) packed without padding of their rows, (n, frame_bytes)."""
    if stream.row_width == stream.width:
        return np.ascontiguousarray(stream.packed(start, stop))
    return bits.pack(stream.read(start, stop))

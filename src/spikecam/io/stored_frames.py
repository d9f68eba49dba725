"""Packed frames in a file: read a slice at a time, written a block at a time."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError
from spikecam.resources import check_memory
from spikecam.stream import SpikeStream


class StoredFrames:
    """Packed frames stored one after another in a file, from which slices are read.

    They are read, not mapped into memory: a mapped file that is cut short ends the process.

    Args:
        path: the file.
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
        path: Path,
        frame_count: int,
        frame_bytes: int,
        offset: int = 0,
        checksum: tuple[int, int] | None = None,
    ) -> None:
        self.path = path.absolute()
        self.shape = (frame_count, frame_bytes)
        self.offset = offset
        self._identity = _file_identity(os.stat(path))
        self._checksum = checksum
        # How many frames were read from the first on, and the checksum so far. One value, as
        # threads may read at a time.
        self._checked = (0, 0 if checksum is None else checksum[0])

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        start, stop, _ = index.indices(self.shape[0])
        shape = (max(0, stop - start), self.shape[1])
        check_memory(shape[0] * shape[1], f"reading frames {start}:{stop} of {self.path}")
        frames = np.empty(shape, np.uint8)
        try:
            with self.path.open("rb", buffering=0) as file:
                if _file_identity(os.fstat(file.fileno())) == self._identity:
                    file.seek(self.offset + start * shape[1])
                    if _read_into(file, frames):
                        self._update_checksum(start, frames)
                        return frames
        except FileNotFoundError:
            pass
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error
        raise FileError(
            f"{self.path} changed while it was being read: frames {start}:{stop} are gone; "
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
            raise FileError(f"{self.path} is damaged: its checksum does not match; get it again")


def _read_into(file: BinaryIO, array: npt.NDArray[np.uint8]) -> bool:
    """Read bytes from a file into an array, until it is full. False where the file ends before."""
    view = array.reshape(-1).data
    while view:
        count = file.readinto(view)  # type: ignore[attr-defined]
        if not count:
            return False
        view = view[count:]
    return True


def _file_identity(file_status: os.stat_result) -> tuple[int, int]:
    """Device and inode of a file, which tell it from another of the same name."""
    return file_status.st_dev, file_status.st_ino


def pack_without_padding(stream: SpikeStream, start: int, stop: int) -> bits.Bytes:
    """Frames [start, stop) packed without padding of their rows, (n, frame_bytes)."""
    if stream.row_width == stream.width:
        return np.ascontiguousarray(stream.packed(start, stop))
    return bits.pack(stream.read(start, stop))

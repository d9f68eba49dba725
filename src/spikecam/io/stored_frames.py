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
    """Packed frames, one after another in a file; a slice reads its frames and no others.

    They are read, not mapped into memory: a mapped file that is cut short ends the process.

    Args:
        path: the file.
        frames: how many there are.
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
        frames: int,
        frame_bytes: int,
        offset: int = 0,
        checksum: tuple[int, int] | None = None,
    ) -> None:
        self.path = path.absolute()
        self.shape = (frames, frame_bytes)
        self.offset = offset
        self._identity = _identity(os.stat(path))
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
                if _identity(os.fstat(file.fileno())) == self._identity:
                    file.seek(self.offset + start * shape[1])
                    if _fill(file, frames):
                        self._check(start, frames)
                        return frames
        except FileNotFoundError:
            pass
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error
        raise FileError(
            f"{self.path} changed while it was being read: frames {start}:{stop} are gone; "
            "open it again"
        )

    def _check(self, start: int, frames: npt.NDArray[np.uint8]) -> None:
        """Take frames that were read into the checksum, and compare it after the last one."""
        position, checksum = self._checked
        if self._checksum is None or start != position or not len(frames):
            return
        position, checksum = start + len(frames), zlib.crc32(frames.data, checksum)
        self._checked = (position, checksum)
        if position == self.shape[0] and checksum != self._checksum[1]:
            raise FileError(f"{self.path} is damaged: its checksum is another one; get it again")


def _fill(file: BinaryIO, array: npt.NDArray[np.uint8]) -> bool:
    """Read until the array is full; False where the file ends before."""
    view = array.reshape(-1).data
    while view:
        count = file.readinto(view)  # type: ignore[attr-defined]
        if not count:
            return False
        view = view[count:]
    return True


def _identity(status: os.stat_result) -> tuple[int, int]:
    """What tells a file from another one that has taken its name."""
    return status.st_dev, status.st_ino


def packed_block(stream: SpikeStream, start: int, stop: int) -> bits.Bytes:
    """Frames [start, stop) packed, in rows of the picture's own width, (n, frame_bytes)."""
    if stream.row_width == stream.width:
        return np.ascontiguousarray(stream.packed(start, stop))
    return bits.pack(stream.read(start, stop))

"""Packed frames in a file: read a slice at a time, written a block at a time."""

from __future__ import annotations

import os
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
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path, frames: int, frame_bytes: int, offset: int = 0) -> None:
        self.path = path.absolute()
        self.shape = (frames, frame_bytes)
        self.offset = offset
        self._identity = _identity(os.stat(path))

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
                        return frames
        except FileNotFoundError:
            pass
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error
        raise FileError(
            f"{self.path} changed while it was being read: frames {start}:{stop} are gone; "
            "open it again"
        )


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

"""Bytes of a recording's file, on this machine or far away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError
from spikecam.io.remote_address import RecordingPath, RemoteAddress
from spikecam.io.remote_file import RemoteFile


class ByteSource(Protocol):
    """Protocol of the bytes of a file, as it was when it was opened.

    Attributes:
        name: what messages call it.
        size: its bytes.
    """

    name: str
    size: int

    def read_into(self, position: int, array: npt.NDArray[np.uint8]) -> bool:
        """Read bytes from a position on into an array, until it is full.

        Returns False where the file is another one now, or ends before.

        Raises:
            FileError: it cannot be read.
        """

    def open(self) -> BinaryIO:
        """The file, open for reading."""


def open_byte_source(path: RecordingPath) -> ByteSource:
    """Open the bytes of a file.

    Raises:
        FileError: it is far away, and cannot be read.
    """
    return RemoteFile(path) if isinstance(path, RemoteAddress) else LocalFile(path)


class LocalFile:
    """Bytes of a file on this machine.

    They are read, not mapped into memory: a mapped file that is cut short ends the process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self.name = str(self._path)
        status = os.stat(path)
        self.size = status.st_size
        self._identity = _file_identity(status)

    def read_into(self, position: int, array: npt.NDArray[np.uint8]) -> bool:
        """Read bytes from a position on into an array; see `ByteSource`."""
        try:
            with self._path.open("rb", buffering=0) as file:
                if _file_identity(os.fstat(file.fileno())) != self._identity:
                    return False
                file.seek(position)
                view = array.reshape(-1).data
                while view:
                    count = file.readinto(view)
                    if not count:
                        return False
                    view = view[count:]
                return True
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FileError(f"{self.name} cannot be read: {error.strerror}") from error

    def open(self) -> BinaryIO:
        """The file, open for reading."""
        return self._path.open("rb")


def _file_identity(file_status: os.stat_result) -> tuple[int, int]:
    """Device and inode of a file, which tell it from another of the same name."""
    return file_status.st_dev, file_status.st_ino

"""Files that are far away: read by ranges, with a cache in memory and a bounded read-ahead."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError
from spikecam.io.remote import MissingFileError
from spikecam.io.remote_address import RemoteAddress
from spikecam.io.remote_sources import open_range_source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What is read in small pieces is requested and cached in blocks; one block is read ahead.
BLOCK_BYTES = 1 << 20
CACHE_BLOCKS = 32
# What is longer than so many blocks is requested at once, in parts of that length, past the cache.
_LONG_BLOCKS = 4
_PARALLEL_REQUESTS = 4


class RemoteFile:
    """A file that is far away, as it was when it was opened.

    Attributes:
        name: what messages call it.
        size: its bytes.
        identity: a value that differs once it has another content.

    Args:
        address: where it is.

    Raises:
        FileError: it does not exist, cannot be read, or not in ranges.
    """

    def __init__(self, address: RemoteAddress) -> None:
        self.name = str(address)
        self._source = open_range_source(address)
        self.size = self._source.size
        self.identity = self._source.identity
        self._make_cache()

    def _make_cache(self) -> None:
        from fsspec.caching import BackgroundBlockCache

        self._cache = BackgroundBlockCache(
            BLOCK_BYTES, self._fetch_within, self.size, maxblocks=CACHE_BLOCKS
        )

    def _fetch_within(self, start: int, stop: int) -> bytes:
        # The cache may ask for the block after the last one.
        return self._source.fetch(start, min(stop, self.size)) if start < self.size else b""

    def read(self, start: int, stop: int) -> bytes:
        """Bytes [start, stop), fewer where the file ends before.

        Raises:
            FileError: they cannot be read, or the file has changed since it was opened.
        """
        try:
            content: bytes = self._cache._fetch(start, min(stop, self.size))
            return content
        except Exception:
            # It would raise what failed in the background again and again.
            self._make_cache()
            raise

    def read_into(self, position: int, array: npt.NDArray[np.uint8]) -> bool:
        """Read bytes from a position on into an array. False where the file ends before.

        Raises:
            FileError: as `read`.
        """
        view = array.reshape(-1).data
        if position + len(view) > self.size:
            return False
        if len(view) <= _LONG_BLOCKS * BLOCK_BYTES:
            view[:] = self.read(position, position + len(view))
            return True
        step = _LONG_BLOCKS * BLOCK_BYTES

        def fetch(start: int) -> None:
            stop = min(start + step, len(view))
            view[start:stop] = self._source.fetch(position + start, position + stop)

        with ThreadPoolExecutor(_PARALLEL_REQUESTS) as threads:
            list(threads.map(fetch, range(0, len(view), step)))
        return True

    def open(self) -> io.BufferedReader:
        """The file as Python's own are, for libraries."""
        return io.BufferedReader(_RemoteReader(self), 1 << 16)


def read_small_file_or_none(address: RemoteAddress) -> bytes | None:
    """Content of a small file that is far away. None where there is none.

    One that may not be read counts as none: servers answer so, to those who may not list files, for
    a file that is not there.

    Raises:
        FileError: it is larger than a block, or cannot be read.
    """
    try:
        file = RemoteFile(address)
    except MissingFileError:
        return None
    if file.size > BLOCK_BYTES:
        raise FileError(f"{address} is larger than such a file can be; correct or remove it")
    return file.read(0, file.size)


class _RemoteReader(io.RawIOBase):
    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        content = self._file.read(self._position, self._position + len(view))
        view[: len(content)] = content
        self._position += len(content)
        return len(content)

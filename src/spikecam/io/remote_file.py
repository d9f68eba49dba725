"""Files that are far away: read by ranges, with a cache in memory and a read-ahead."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError
from spikecam.io.remote import MissingFileError
from spikecam.io.remote_address import RemoteAddress
from spikecam.io.remote_sources import RangeSource, open_range_source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What is read in small pieces is requested and cached in blocks.
BLOCK_BYTES = 1 << 20
CACHE_BLOCKS = 32
# Blocks that are read ahead: one, then twice as many for each block that follows the one before.
_MOST_AHEAD = 8
# Neighbouring blocks of one request, at most.
_REQUEST_BLOCKS = 4
_PARALLEL_REQUESTS = 4
# What is longer is requested at once, past the cache.
_LONG_BLOCKS = 16


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
        # They keep their connections from one request to the next.
        self._threads = ThreadPoolExecutor(_PARALLEL_REQUESTS, thread_name_prefix="spikecam-far")
        self._cache = _BlockCache(self._source, self._threads)

    def read(self, start: int, stop: int) -> bytes:
        """Bytes [start, stop), fewer where the file ends before.

        Raises:
            FileError: they cannot be read, or the file has changed since it was opened.
        """
        content = bytearray(max(0, min(stop, self.size) - start))
        self._cache.read_into(start, memoryview(content))
        return bytes(content)

    def read_into(self, position: int, array: npt.NDArray[np.uint8]) -> bool:
        """Read bytes from a position on into an array. False where the file ends before.

        Raises:
            FileError: as `read`.
        """
        view = array.reshape(-1).data
        if position + len(view) > self.size:
            return False
        if len(view) <= _LONG_BLOCKS * BLOCK_BYTES:
            self._cache.read_into(position, view)
            return True
        step = _REQUEST_BLOCKS * BLOCK_BYTES

        def fetch(start: int) -> None:
            stop = min(start + step, len(view))
            view[start:stop] = self._source.fetch(position + start, position + stop)

        parts = [self._threads.submit(fetch, start) for start in range(0, len(view), step)]
        try:
            for part in parts:
                part.result()
        finally:
            # After an error, nothing writes into the array any more.
            for part in parts:
                part.cancel()
            wait(parts)
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


class _BlockCache:
    """The last blocks of a file that were read, and those that are read ahead.

    fsspec's own cache reads one block ahead: a request waits for the one before.

    Args:
        source: of the file.
        threads: that make the requests.
    """

    def __init__(self, source: RangeSource, threads: ThreadPoolExecutor) -> None:
        self._source = source
        self._block_bytes = BLOCK_BYTES
        self._blocks: OrderedDict[int, Future[memoryview]] = OrderedDict()
        self._threads = threads
        self._last, self._ahead = -1, 0
        self._lock = threading.Lock()

    def read_into(self, start: int, view: memoryview) -> None:
        """Read bytes from a position on, which are within the file, into a view.

        Raises:
            FileError: as `RangeSource.fetch`.
        """
        if not view:
            return
        size = self._block_bytes
        first, last = start // size, (start + len(view) - 1) // size
        with self._lock:
            self._choose_ahead(first, last)
            self._request(range(first, last + 1))
            blocks = [self._blocks[k] for k in range(first, last + 1)]
            # Half of what is ahead is requested together: a request takes time of its own.
            if self._ahead and not self._holds(last + 1 + self._ahead // 2):
                stop = last + 1 + self._ahead
                if self._ahead == _MOST_AHEAD:
                    # Up to where a request that began at a multiple of its length ends.
                    stop = -(-stop // _REQUEST_BLOCKS) * _REQUEST_BLOCKS
                self._request(range(last + 1, stop))
            while len(self._blocks) > max(CACHE_BLOCKS, last + 1 + self._ahead - first):
                self._blocks.popitem(last=False)
        done, offset = 0, start - first * size
        for block in blocks:
            part = block.result()[offset : offset + len(view) - done]
            view[done : done + len(part)] = part
            done, offset = done + len(part), 0

    def _choose_ahead(self, first: int, last: int) -> None:
        """Choose how many blocks to read ahead by what was read before.

        Methods read at the two ends of a window that slides: going back to what is held counts as
        nothing.
        """
        if first <= self._last + 1 <= last:
            self._ahead = min(max(1, 2 * self._ahead), _MOST_AHEAD)
            self._last = last
        elif last not in self._blocks:
            self._ahead, self._last = 1, last

    def _holds(self, number: int) -> bool:
        """Whether a block is there, or requested, or behind the end of the file."""
        block = self._blocks.get(number)
        if block is None:
            return number * self._block_bytes >= self._source.size
        return not (block.done() and block.exception() is not None)

    def _request(self, numbers: range) -> None:
        """Request those blocks that are not there, or failed: neighbours by one request."""
        missing: list[int] = []
        for number in numbers:
            if not self._holds(number):
                missing.append(number)
            elif missing:
                self._start_request(missing)
                missing = []
        if missing:
            self._start_request(missing)
        for number in numbers:
            if number in self._blocks:
                self._blocks.move_to_end(number)

    def _start_request(self, numbers: list[int]) -> None:
        """Request blocks that follow each other."""
        for start in range(0, len(numbers), _REQUEST_BLOCKS):
            part = numbers[start : start + _REQUEST_BLOCKS]
            blocks: list[Future[memoryview]] = [Future() for _ in part]
            self._threads.submit(self._fetch_blocks, part[0], blocks)
            # After it: where no thread can take them, nobody waits for them.
            self._blocks.update(zip(part, blocks, strict=True))

    def _fetch_blocks(self, first: int, blocks: list[Future[memoryview]]) -> None:
        size = self._block_bytes
        start = first * size
        try:
            stop = min(start + len(blocks) * size, self._source.size)
            content = memoryview(self._source.fetch(start, stop))
        except BaseException as error:
            for block in blocks:
                block.set_exception(error)
            return
        for i, block in enumerate(blocks):
            block.set_result(content[i * size : (i + 1) * size])


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

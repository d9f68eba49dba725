"""Ranges of bytes of what is far away, by one request each, checked to be of what was opened."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from spikecam.errors import FileError
from spikecam.io.remote import (
    ATTEMPTS,
    FIRST_WAIT_SECONDS,
    open_filesystem,
    path_in_filesystem,
    reading_error,
)
from spikecam.io.remote_address import RemoteAddress

Result = TypeVar("Result")
# Characters that mean something in an address, or are allowed there.
_URL_CHARACTERS = "%:/?#[]@!$&'()*+,;=~"
# Keys of what fsspec says of an object that differ between its contents, by file system.
_IDENTITY_KEYS = ("size", "ETag", "etag", "generation", "mtime", "created", "LastModified")


class RangeSource(Protocol):
    """What is far away, as it was when it was opened.

    Attributes:
        size: its bytes.
        identity: a value that differs once it has another content.
    """

    size: int
    identity: object

    def fetch(self, start: int, stop: int) -> bytes:
        """Bytes [start, stop).

        Raises:
            FileError: they cannot be read, or are not those of what was opened any more.
        """


def open_range_source(address: RemoteAddress) -> RangeSource:
    """Open what is at an address, by a request for its size and identity.

    Raises:
        FileError: it does not exist, cannot be read, or not in ranges.
    """
    if address.scheme in ("http", "https"):
        return _HttpSource(address)
    return _ObjectSource(address)


class _ServerBusy(Exception):
    """The server answered that it cannot serve now, or its answer was cut off."""


class _HttpSource:
    """A file of an HTTP server.

    fsspec's own requests take a whole file for a range where the server knows no ranges, and do not
    compare what they get; so requests are made here, in its session.
    """

    def __init__(self, address: RemoteAddress) -> None:
        self.address = address
        self._filesystem = open_filesystem(address)
        self.size = 0
        self.identity: object
        _, self.size, self.identity = self._request(0, 1)

    def fetch(self, start: int, stop: int) -> bytes:
        return self._request(start, stop)[0]

    def _request(self, start: int, stop: int) -> tuple[bytes, int, object]:
        from fsspec.asyn import sync

        answer: tuple[bytes, int, object] = _retry(
            self.address, lambda: sync(self._filesystem.loop, self._get_range, start, stop)
        )
        return answer

    async def _get_range(self, start: int, stop: int) -> tuple[bytes, int, object]:
        """Bytes of a range, size of the file, and its identity."""
        session = await self._filesystem.set_session()
        headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        # What is encoded stays as it is: signatures go with it.
        url = self._filesystem.encode_url(quote(self.address.url, safe=_URL_CHARACTERS))
        async with session.get(url, headers=headers) as response:
            total = re.fullmatch(r"bytes \d+-\d+/(\d+)", response.headers.get("Content-Range", ""))
            if response.status == 416:
                raise _changed_error(self.address) if self.size else _empty_error(self.address)
            self._check_status(response.status)
            if response.status != 206 or total is None:
                # The body is not read: it may be all of the file.
                if response.headers.get("Content-Length") == "0":
                    raise _empty_error(self.address)
                raise FileError(
                    f"the server of {self.address} does not send ranges of a file; copy the file "
                    "here, or take another server"
                )
            size = int(total[1])
            names = ("ETag", "Last-Modified")
            identity = (size, *(response.headers.get(name) for name in names))
            if self.size and identity != self.identity:
                raise _changed_error(self.address)
            content = await response.read()
        if len(content) != stop - start:
            raise _ServerBusy
        return content, size, identity

    def _check_status(self, status: int) -> None:
        if status in (401, 403):
            raise PermissionError
        if status in (404, 410):
            raise FileNotFoundError
        if status in (408, 429) or status >= 500:
            raise _ServerBusy
        if status >= 400:
            raise FileError(f"the server of {self.address} refuses to send it (status {status})")


class _ObjectSource:
    """An object of a file system of fsspec."""

    def __init__(self, address: RemoteAddress) -> None:
        self.address = address
        self._filesystem = open_filesystem(address)
        self._path = path_in_filesystem(address)
        try:
            facts = self._filesystem.info(self._path)
            if facts["type"] == "directory":
                raise FileError(f"{address} is a folder; name a file in it")
            # Its requests have the ETag of what was opened as their condition.
            self._s3_file = (
                self._filesystem.open(self._path, "rb", cache_type="none")
                if address.scheme == "s3"
                else None
            )
        except Exception as error:
            raise reading_error(address, error) from None
        self.size = int(facts["size"])
        self.identity: object = _facts_identity(facts)
        if not self.size:
            raise _empty_error(address)

    def fetch(self, start: int, stop: int) -> bytes:
        try:
            if self._s3_file is not None:
                content = bytes(self._s3_file._fetch_range(start, stop))
                is_same = True
            else:
                content = self._filesystem.cat_file(self._path, start=start, end=stop)
                is_same = _facts_identity(self._filesystem.info(self._path)) == self.identity
        except Exception as error:
            if isinstance(error, FileNotFoundError) or type(error).__name__ == "FileExpired":
                raise _changed_error(self.address) from None
            raise reading_error(self.address, error) from None
        if not is_same or len(content) != stop - start:
            raise _changed_error(self.address)
        return content


def _retry(address: RemoteAddress, request: Callable[[], Result]) -> Result:
    """Make a request, again after a wait where it failed for a reason that may pass.

    Raises:
        FileError: it failed for good, or `ATTEMPTS` times.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_WAIT_SECONDS * 3 ** (attempt - 1))
        try:
            return request()
        except Exception as error:
            if not _may_pass(error):
                raise reading_error(address, error) from None
            last = error
    reason = (
        FileError(
            f"{address} cannot be read: the server is too busy, or its answers are cut off; "
            "try again later, or copy the file here"
        )
        if isinstance(last, _ServerBusy)
        else reading_error(address, last)
    )
    raise reason from None


def _may_pass(error: BaseException) -> bool:
    """Whether a request that failed so may work when it is made again."""
    import aiohttp

    kinds = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
    return isinstance(error, (_ServerBusy, ConnectionError, *kinds))


def _facts_identity(facts: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(str(facts.get(key)) for key in _IDENTITY_KEYS)


def _changed_error(address: RemoteAddress) -> FileError:
    return FileError(f"{address} changed while it was being read; open it again")


def _empty_error(address: RemoteAddress) -> FileError:
    return FileError(f"{address} is empty; get it again")

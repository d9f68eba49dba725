"""Ranges of bytes of what is far away, by one request each, checked to be of what was opened."""

from __future__ import annotations

from typing import Any, Protocol

from spikecam.io.remote import (
    changed_error,
    empty_error,
    folder_error,
    open_filesystem,
    path_in_filesystem,
    reading_error,
)
from spikecam.io.remote_address import RemoteAddress
from spikecam.io.remote_http import HttpSource
from spikecam.io.remote_s3 import S3Source

# Keys of what fsspec says of an object that differ between its contents, by file system.
_IDENTITY_KEYS = ("size", "etag", "generation", "mtime", "created")


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
    if address.is_web:
        return HttpSource(address)
    return S3Source(address) if address.scheme == "s3" else _ObjectSource(address)


class _ObjectSource:
    """An object of a file system of fsspec."""

    def __init__(self, address: RemoteAddress) -> None:
        self.address = address
        self._filesystem = open_filesystem(address)
        self._path = path_in_filesystem(address)
        try:
            facts = self._filesystem.info(self._path)
        except Exception as error:
            raise reading_error(address, error) from None
        if facts["type"] == "directory":
            raise folder_error(address)
        self.size = int(facts["size"])
        self.identity: object = _facts_identity(facts)
        if not self.size:
            raise empty_error(address)

    def fetch(self, start: int, stop: int) -> bytes:
        try:
            content: bytes = self._filesystem.cat_file(self._path, start=start, end=stop)
            is_same = _facts_identity(self._filesystem.info(self._path)) == self.identity
        except FileNotFoundError:
            raise changed_error(self.address) from None
        except Exception as error:
            raise reading_error(self.address, error) from None
        if not is_same or len(content) != stop - start:
            raise changed_error(self.address)
        return content


def _facts_identity(facts: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(str(facts.get(key)) for key in _IDENTITY_KEYS)

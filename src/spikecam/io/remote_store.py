"""Zarr stores that are far away, for reading.

zarr-python's own store of fsspec takes a whole file for a range where a server knows no ranges,
mixes files that change, and makes no request again; this one reads by `RangeSource`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING

from zarr.abc.store import OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest

from spikecam.io.remote import MissingFileError
from spikecam.io.remote_address import RemoteAddress
from spikecam.io.remote_sources import RangeSource, open_range_source

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype

# Files whose size and identity are remembered.
_OPEN_FILES = 1024


class RemoteStore(Store):
    """Store of zarr-python at an address, for reading; nothing is requested yet.

    What goes wrong while it is read is a FileError.

    Attributes:
        opened_count: how many times a file was opened, or was not there. From then on a file that
            is open is the same or refused.
    """

    supports_writes = False
    supports_deletes = False
    supports_partial_writes = False
    supports_listing = False

    def __init__(self, address: RemoteAddress) -> None:
        super().__init__(read_only=True)
        self.opened_count = 0
        self._address = address
        self._sources: OrderedDict[str, RangeSource] = OrderedDict()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteStore) and other._address == self._address

    __hash__ = None  # type: ignore[assignment]

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Bytes of a file of the store. None where it is not there."""
        content = await asyncio.to_thread(self._read_or_none, key, byte_range)
        return None if content is None else prototype.buffer.from_bytes(content)

    def _read_or_none(self, key: str, byte_range: ByteRequest | None) -> bytes | None:
        source = self._sources.get(key)
        if source is None:
            self.opened_count += 1
            try:
                source = open_range_source(self._address.with_added_path(f"/{key}"))
            except MissingFileError:
                return None
            self._sources[key] = source
            if len(self._sources) > _OPEN_FILES:
                self._sources.popitem(last=False)
        start, stop = 0, source.size
        if isinstance(byte_range, RangeByteRequest):
            start, stop = byte_range.start, min(stop, byte_range.end)
        elif isinstance(byte_range, OffsetByteRequest):
            start = byte_range.offset
        elif isinstance(byte_range, SuffixByteRequest):
            start = max(0, stop - byte_range.suffix)
        return source.fetch(start, stop) if start < stop else b""

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Bytes of several files, or of ranges of them."""
        requests = [self.get(key, prototype, byte_range) for key, byte_range in key_ranges]
        return list(await asyncio.gather(*requests))

    async def exists(self, key: str) -> bool:
        """Whether a file of the store is there."""
        return await asyncio.to_thread(self._read_or_none, key, RangeByteRequest(0, 1)) is not None

    async def set(self, key: str, value: Buffer) -> None:
        """Refuse to write."""
        raise NotImplementedError

    async def delete(self, key: str) -> None:
        """Refuse to delete."""
        raise NotImplementedError

    def list(self) -> AsyncIterator[str]:
        """Refuse to list."""
        raise NotImplementedError

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Refuse to list."""
        raise NotImplementedError

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Refuse to list."""
        raise NotImplementedError

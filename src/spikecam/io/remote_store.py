"""Zarr stores that are far away: requests are made again where they fail for a while."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from zarr.abc.store import RangeByteRequest
from zarr.storage import FsspecStore, WrapperStore

from spikecam.errors import FileError
from spikecam.io.remote import (
    ATTEMPTS,
    FIRST_WAIT_SECONDS,
    RemoteAddress,
    open_filesystem,
    path_in_filesystem,
    reading_error,
)
from spikecam.io.remote_sources import may_pass

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest, Store
    from zarr.core.buffer import Buffer, BufferPrototype


def open_remote_store(address: RemoteAddress) -> Store:
    """The store of zarr-python at an address, for reading; nothing is requested yet.

    What goes wrong while it is read is a FileError.
    """
    filesystem = open_filesystem(address, asynchronous=True)
    if not filesystem.async_impl:
        from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper

        filesystem = AsyncFileSystemWrapper(filesystem, asynchronous=True)
    path = path_in_filesystem(address).rstrip("/")
    return _RetryingStore(FsspecStore(filesystem, read_only=True, path=path)).at(address)


class _RetryingStore(WrapperStore[FsspecStore]):
    _address: RemoteAddress

    def at(self, address: RemoteAddress) -> _RetryingStore:
        self._address = address
        return self

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        for attempt in range(ATTEMPTS):
            try:
                content = await super().get(key, prototype, byte_range)
                self._check_length(content, byte_range)
                return content
            except Exception as error:
                if attempt + 1 == ATTEMPTS or not may_pass(error):
                    raise reading_error(self._address, error) from None
            await asyncio.sleep(FIRST_WAIT_SECONDS * 3**attempt)
        raise AssertionError("the loop ends with a result or an error")

    def _check_length(self, content: Buffer | None, byte_range: ByteRequest | None) -> None:
        if not isinstance(byte_range, RangeByteRequest) or content is None:
            return
        if len(content) > byte_range.end - byte_range.start:
            raise FileError(
                f"the server of {self._address} does not send ranges of a file; copy the folder "
                "here, or take another server"
            )

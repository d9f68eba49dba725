"""Zarr stores in which a missing chunk is an error, where Zarr would take it for zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr.storage import WrapperStore

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest, Store
    from zarr.core.buffer import Buffer, BufferPrototype


class _CompleteStore(WrapperStore["Store"]):
    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        content = await super().get(key, prototype, byte_range)
        if content is None and "/c/" in key:
            raise FileNotFoundError(f"{key} is missing")
        return content


def complete_store(store: Store) -> Store:
    """The store, of which each chunk that is asked for must be there.

    Reading a chunk that is missing raises FileNotFoundError.
    """
    return _CompleteStore(store)

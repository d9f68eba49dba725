"""One bit a spike: how frames are packed into bytes.

The layout is that of the field's ``.dat`` files, in memory as on disk: a frame is its pixels in
row-major order, bottom row first, least significant bit first, padded to whole bytes. Some
cameras store rows that are wider than the picture; the surplus columns are on the right.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
_CACHE_BYTES = 1 << 20


class FrameStore(Protocol):
    """Protocol of a store of packed frames: has a shape (T, frame_bytes), slices to bytes."""

    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102

    def __getitem__(self, index: slice, /) -> Bytes: ...


def frame_bytes(height: int, row_width: int) -> int:
    """Number of bytes of one packed frame."""
    return (height * row_width + 7) // 8


def pack(frames: Bytes) -> Bytes:
    """Pack frames (T, H, W) of 0/1 into (T, frame_bytes)."""
    count, height, width = frames.shape
    # Of frames turned by 180 degrees this is a view, of which packbits takes five times as long.
    flat = np.ascontiguousarray(frames[:, ::-1].reshape(count, height * width))
    return np.packbits(flat, axis=1, bitorder="little")


def unpack(packed_frames: Bytes, height: int, width: int, row_width: int) -> Bytes:
    """Unpack packed frames (T, frame_bytes) to (T, H, W) of 0/1, upright.

    Only the view is turned upright: the rows lie in memory as they are stored.
    """
    if height * row_width % 8 == 0:
        # One flat call of unpackbits is twice as fast as one along an axis.
        flat = np.unpackbits(np.ascontiguousarray(packed_frames).reshape(-1), bitorder="little")
    else:
        flat = np.unpackbits(packed_frames, axis=1, bitorder="little", count=height * row_width)
    return flat.reshape(len(packed_frames), height, row_width)[:, ::-1, :width]


def count_spikes(packed_frames: Bytes) -> npt.NDArray[np.int64]:
    """Count the spikes at each place of packed frames (T, frame_bytes), (8 x frame_bytes,)."""
    packed_frames = np.ascontiguousarray(packed_frames)
    stored = packed_frames.shape[1] * 8
    total = np.zeros(stored, np.int64)
    # Sums of up to 255 bits stay in bytes, where one instruction adds 32 of them, and what is
    # unpacked at a time stays in the cache.
    few = max(1, _CACHE_BYTES // stored)
    for group in range(0, len(packed_frames), 255):
        last = min(group + 255, len(packed_frames))
        sums = np.zeros(stored, np.uint8)
        for c in range(group, last, few):
            part = packed_frames[c : min(c + few, last)]
            frames = np.unpackbits(part.reshape(-1), bitorder="little").reshape(-1, stored)
            sums += np.add.reduce(frames, axis=0, dtype=np.uint8)
        total += sums
    return total


def repack_to_rows(packed_frames: Bytes, height: int, width: int, row_width: int) -> Bytes:
    """Repack frames (T, frame_bytes) to upright rows of whole bytes, (T, H, ceil(W / 8)).

    Bit ``c % 8`` of byte ``c // 8`` of a row is its column ``c``; bits past the width are 0.
    """
    if row_width % 8 == 0:
        stored = packed_frames.reshape(len(packed_frames), height, row_width // 8)
        rows = np.array(stored[:, ::-1, : (width + 7) // 8], order="C")
        if width % 8:
            rows[:, :, -1] &= (1 << width % 8) - 1
        return rows
    return np.packbits(unpack(packed_frames, height, width, row_width), axis=2, bitorder="little")

"""Counts of spikes: packed frames added up bit by bit, many pixels to an instruction.

A count is held as binary digits: plane p has the digit of weight 2^p of every pixel, packed as the
frames are. Seven frames at a time are reduced to three digits by carry-save adders,

    a + b + c = 2 carry + sum,    sum = a ^ b ^ c,    carry = a b + c (a ^ b)

(Harley and Seal; Warren, Hacker's Delight, 5-2), whose last carry is added to the planes above.
Counts become integers once, at the end.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, types

from spikecam.bits import Bytes
from spikecam.rows import run_over_rows

# Frames that are reduced to binary digits together; others are filled up with empty ones.
COUNTED_TOGETHER = 7
# Fewer bytes of frames are counted before another thread would have begun.
_PARALLEL_BYTES = 4 << 20
# Words of a frame that are added up at a time: their planes stay in the cache of a core.
_CHUNK_WORDS = 2048
# Bytes whose planes become counts at a time.
_COUNTED_BYTES = 512
# The bits of a byte, a byte each, as one number: looked up and added eight at a time.
BYTE_BITS = np.unpackbits(np.arange(256, dtype=np.uint8), bitorder="little").view(np.uint64)


class SpikeCounter:
    """Counter of spikes in packed frames, which are added block by block.

    Args:
        frame_bytes: of the packed frames.
        most_frames: how many frames will be added at most.
    """

    def __init__(self, frame_bytes: int, most_frames: int) -> None:
        self._words = (frame_bytes + 7) // 8
        self._digits = max(3, most_frames.bit_length())
        # Behind the three lowest digits are the carries of the frames that were added last.
        self._planes = np.zeros((self._digits + 1, self._words), np.uint64)

    def add(self, packed_frames: Bytes, *, parallel: bool = True) -> None:
        """Add packed frames, uint8 (T, frame_bytes), of any strides and alignment.

        Many are added in parallel threads, unless ``parallel`` is false.
        """
        packed = np.ascontiguousarray(packed_frames)
        if packed.nbytes < _PARALLEL_BYTES or not parallel:
            _add_frames(packed, self._planes, 0, self._words)
        else:
            run_over_rows(_add_frames, self._words, packed, self._planes)

    def add_counts(self, other: SpikeCounter) -> None:
        """Add the counts of another counter of frames of the same size.

        Together they are of as many frames as this one was made for, or fewer.
        """
        _add_planes(other._planes, self._planes, 0, self._words)

    def clear(self) -> None:
        """Set all counts to 0."""
        self._planes[:] = 0

    def picture(self, height: int, width: int, row_width: int) -> npt.NDArray[np.uint32]:
        """Count of every pixel so far, upright (H, W), of frames in the layout of `spikecam.bits`.

        A view whose rows run backwards in memory, as frames are stored.
        """
        stored = self.counts()[: height * row_width].reshape(height, row_width)
        return stored[::-1, :width]

    def counts(self) -> npt.NDArray[np.uint32]:
        """Count of every bit so far, uint32 (8 x frame bytes rounded up to 8 of them,)."""
        counts = np.empty(64 * self._words, np.uint32)
        run_over_rows(_count_planes, self._words, self._planes, BYTE_BITS, counts)
        return counts


@njit(nogil=True, inline="always", error_model="numpy")
def _add_three(a, b, c):  # type: ignore[no-untyped-def]
    """Sum and carry of three bits, in every bit of a word."""
    half = a ^ b
    return half ^ c, (a & b) | (half & c)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_seven(frames, t, start, planes, first, last):  # type: ignore[no-untyped-def]
    """Add frames t to t + 6, from byte ``start`` on, to words [first, last) of the planes.

    The carries of weight 8 are written to plane 3.
    """
    stop = start + 8 * (last - first)
    # Words are read where they lie, at any byte: in single bytes the loop would be widened.
    f0 = frames[t, start:stop].view(np.uint64)
    f1 = frames[t + 1, start:stop].view(np.uint64)
    f2 = frames[t + 2, start:stop].view(np.uint64)
    f3 = frames[t + 3, start:stop].view(np.uint64)
    f4 = frames[t + 4, start:stop].view(np.uint64)
    f5 = frames[t + 5, start:stop].view(np.uint64)
    f6 = frames[t + 6, start:stop].view(np.uint64)
    p0, p1 = planes[0, first:last], planes[1, first:last]
    p2, carries = planes[2, first:last], planes[3, first:last]
    for j in range(last - first):
        one, a2 = _add_three(p0[j], f0[j], f1[j])
        one, b2 = _add_three(one, f2[j], f3[j])
        one, c2 = _add_three(one, f4[j], f5[j])
        d2 = one & f6[j]
        two, a4 = _add_three(p1[j], a2, b2)
        two, b4 = _add_three(two, c2, d2)
        four, carry = _add_three(p2[j], a4, b4)
        p0[j], p1[j], p2[j], carries[j] = one ^ f6[j], two, four, carry


@njit(nogil=True, cache=True, error_model="numpy")
def _add_carries(planes, first, last):  # type: ignore[no-untyped-def]
    """Add the carries in plane 3 to the planes above."""
    carries = planes[3, first:last]
    for p in range(4, len(planes)):
        _add_carries_of_digit(planes[p, first:last], carries)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_planes(added, planes, first_word, last_word):  # type: ignore[no-untyped-def]
    """Add the digits of one counter to those of another, which has at least as many."""
    for first in range(first_word, last_word, _CHUNK_WORDS):
        last = min(first + _CHUNK_WORDS, last_word)
        carries = planes[3, first:last]
        carries[:] = 0
        for p in range(len(planes)):
            if p == 3:
                continue
            plane = planes[p, first:last]
            if p < len(added):
                _add_digits(plane, added[p, first:last], carries)
            else:
                _add_carries_of_digit(plane, carries)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_digits(plane, added, carries):  # type: ignore[no-untyped-def]
    for j in range(len(plane)):
        plane[j], carries[j] = _add_three(plane[j], added[j], carries[j])


@njit(nogil=True, cache=True, error_model="numpy")
def _add_carries_of_digit(plane, carries):  # type: ignore[no-untyped-def]
    for j in range(len(plane)):
        digit, carry = plane[j], carries[j]
        plane[j], carries[j] = digit ^ carry, digit & carry


# Of one type whether frames may be written to or not: it is compiled once.
_FRAMES = types.Array(types.uint8, 2, "C", readonly=True)
_WORDS = types.Array(types.uint64, 2, "C")


@njit(
    types.void(_FRAMES, _WORDS, types.intp, types.intp),
    nogil=True,
    cache=True,
    error_model="numpy",
)
def _add_frames(packed, planes, first_word, last_word):  # type: ignore[no-untyped-def]
    frames, frame_bytes = packed.shape
    # For fewer than seven frames, and for the last bytes of frames that do not fill a word.
    padded = np.zeros((7, 8 * _CHUNK_WORDS), np.uint8)
    first = first_word
    while first < last_word:
        last = min(first + _CHUNK_WORDS, last_word)
        if 8 * last > frame_bytes and last - first > 1:
            last -= 1
        for t in range(0, frames, 7):
            source, frame, start = packed, t, 8 * first
            if t + 7 > frames or 8 * last > frame_bytes:
                padded[:, : 8 * (last - first)] = 0
                part = packed[t : t + 7, 8 * first : 8 * last]
                padded[: part.shape[0], : part.shape[1]] = part
                source, frame, start = padded, 0, 0
            _add_seven(source, frame, start, planes, first, last)
            _add_carries(planes, first, last)
        first = last


@njit(nogil=True, cache=True, error_model="numpy")
def _count_planes(planes, byte_bits, counts, first_word, last_word):  # type: ignore[no-untyped-def]
    low, high = np.empty(_COUNTED_BYTES, np.uint64), np.empty(_COUNTED_BYTES, np.uint64)
    low_bytes, high_bytes = low.view(np.uint8), high.view(np.uint8)
    for start in range(8 * first_word, 8 * last_word, _COUNTED_BYTES):
        size = min(_COUNTED_BYTES, 8 * last_word - start)
        target = counts[8 * start : 8 * (start + size)]
        for weight in range(0, len(planes) - 1, 16):
            # Eight digits of a pixel make a byte: two bytes at a time are added to its count.
            low[:], high[:] = 0, 0
            for digit in range(weight, min(weight + 16, len(planes) - 1)):
                plane = planes[digit if digit < 3 else digit + 1].view(np.uint8)
                part = plane[start : start + size]
                shift = np.uint64(digit % 8)
                if digit - weight < 8:
                    for j in range(size):
                        low[j] |= byte_bits[part[j]] << shift
                else:
                    for j in range(size):
                        high[j] |= byte_bits[part[j]] << shift
            if weight == 0:
                for c in range(8 * size):
                    target[c] = np.uint32(low_bytes[c]) + (np.uint32(high_bytes[c]) << np.uint32(8))
            else:
                for c in range(8 * size):
                    both = np.uint32(low_bytes[c]) + (np.uint32(high_bytes[c]) << np.uint32(8))
                    target[c] += both << np.uint32(16)

"""Counts of spikes in a window that slides from frame to frame, and their rates as pictures.

Spikes that enter and leave are looked up eight pixels at a time, as bytes of 0 and 1. A strip of
rows, whose counts stay in the cache, runs through all frames of a block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.bits import Bytes
from spikecam.picture import Picture
from spikecam.rows import run_over_rows
from spikecam.spike_counts import BYTE_BITS

# Pixels of a strip of rows whose counts are advanced at a time.
_STRIP_PIXELS = 32768
_MOST_BYTE = 255
# A 1 in each of eight bytes.
_ONES = np.uint64(0x0101010101010101)


class SlidingCounts:
    """Counts of every pixel in a window that slides by one frame for each picture.

    Args:
        counts: of the first window, integers (H, W).
        window: its length in frames.
    """

    def __init__(self, counts: npt.NDArray[np.int64], window: int) -> None:
        height, width = counts.shape
        kind = np.uint8 if window <= _MOST_BYTE else np.int32
        self._counts = np.zeros((height, (width + 7) // 8 * 8), kind)
        self._counts[:, :width] = counts
        self._window = window

    def slide(self, entering: Bytes, leaving: Bytes, pictures: Picture) -> None:
        """Write the rate after each frame that enters to ``pictures``, float32 (n, H, W).

        Args:
            entering, leaving: rows of the frames that enter and leave, as of
                `SpikeStream.packed_rows`.
            pictures: each is the quotient of count and window, rounded once.
        """
        height = len(self._counts)
        if self._window <= _MOST_BYTE:
            words = self._counts.view(np.uint64)
            inverse = split_inverse(self._window)
            run_over_rows(
                _slide_bytes, height, entering, leaving, words, BYTE_BITS, *inverse, pictures
            )
        else:
            run_over_rows(
                _slide, height, entering, leaving, self._counts, BYTE_BITS, self._window, pictures
            )


def split_inverse(window: int) -> tuple[np.float32, np.float32]:
    """Split 1 / window into a number of 12 binary digits and the rest, both float32.

    For counts n <= window <= 255, n high is exact and n low has an error below 2^-36 of n / window,
    so that n high + n low is n / window as division rounds it: no quotient lies within 2^-33 of a
    number halfway between two of float32. It takes a fifth of the time.
    """
    inverse = 1 / window
    high = (np.float32(inverse).view(np.uint32) & np.uint32(0xFFFFF000)).view(np.float32)
    return high, np.float32(inverse - float(high))


@njit(nogil=True, cache=True, error_model="numpy")
def _slide_bytes(  # type: ignore[no-untyped-def]
    entering, leaving, counts, byte_bits, high, low, pictures, first_row, last_row
):
    frames, _, width = pictures.shape
    row_bytes = counts.shape[1]
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        sums = counts[top:bottom].reshape(size)
        sum_bytes = sums.view(np.uint8)
        for i in range(frames):
            new, old = entering[i, top:bottom].reshape(size), leaving[i, top:bottom].reshape(size)
            for k in range(size):
                # Eight sums at once: none of them leaves its byte.
                sums[k] += byte_bits[new[k]] - byte_bits[old[k]]
            if width == 8 * row_bytes:
                # All rows of the strip in one loop.
                picture = pictures[i, top:bottom].reshape(8 * size)
                for c in range(8 * size):
                    count = np.float32(sum_bytes[c])
                    picture[c] = count * high + count * low
            else:
                for row in range(top, bottom):
                    picture, line = pictures[i, row], sum_bytes[8 * row_bytes * (row - top) :]
                    for c in range(width):
                        count = np.float32(line[c])
                        picture[c] = count * high + count * low


@njit(nogil=True, cache=True, error_model="numpy")
def _slide(entering, leaving, counts, byte_bits, window, pictures, first_row, last_row):  # type: ignore[no-untyped-def]
    frames, _, width = pictures.shape
    row_bytes = entering.shape[2]
    changes = np.empty(row_bytes, np.uint64)
    change_bytes = changes.view(np.uint8)
    divisor = np.float32(window)
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        for i in range(frames):
            for row in range(top, bottom):
                new, old, sums = entering[i, row], leaving[i, row], counts[row]
                for k in range(row_bytes):
                    changes[k] = _ONES + byte_bits[new[k]] - byte_bits[old[k]]
                for c in range(8 * row_bytes):
                    sums[c] += np.int32(change_bytes[c]) - np.int32(1)
                picture = pictures[i, row]
                for c in range(width):
                    picture[c] = np.float32(sums[c]) / divisor

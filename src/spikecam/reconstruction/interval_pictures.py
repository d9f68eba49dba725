"""Inverse intervals of a run of frames: the compiled loops of TFI.

The spikes that end intervals are looked for backward in time, those that begin them forward. A long
run is first passed backward as a whole, and the ends that are valid behind each of its blocks are
kept; each block is then passed backward and forward in strips of rows, whose ends stay in cache.
Frame numbers count from the start of the run, in 16 bits where they fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.bits import Bytes
from spikecam.picture import Picture
from spikecam.rows import run_over_rows
from spikecam.spike_counts import BYTE_BITS

FrameNumbers = npt.NDArray[np.int16] | npt.NDArray[np.int32]

# Pixels of a strip of rows that is passed at a time.
_STRIP_PIXELS = 8192


def frame_number_type(run_frames: int, reach: int) -> type[Any]:
    """The type of frame numbers for a run and a reach: int16 where they fit, else int32."""
    return np.int16 if run_frames + reach < np.iinfo(np.int16).max else np.int32


def find_block_ends(rows: Bytes, block_frames: int, following: FrameNumbers) -> FrameNumbers:
    """Find the first spike of every pixel behind each block of a run.

    Args:
        rows: of the run, as `SpikeStream.packed_rows`.
        block_frames: of each block; the last may have fewer.
        following: the first spike behind the run, (H, columns); it is changed.

    Returns:
        (blocks, H, columns).
    """
    blocks = -(-len(rows) // block_frames)
    ends: FrameNumbers = np.empty((blocks, *following.shape), following.dtype)
    run_over_rows(_find_block_ends, rows.shape[1], rows, block_frames, BYTE_BITS, following, ends)
    return ends


def set_first_spikes(rows: Bytes, spikes: FrameNumbers) -> None:
    """Set the frame of each pixel's first spike in ``rows``, (H, columns), where there is one."""
    packed = np.ascontiguousarray(rows)
    run_over_rows(_set_first_spikes, rows.shape[1], packed, BYTE_BITS, spikes)


def write_inverse_intervals(
    rows: Bytes, start: int, reach: int, begins: FrameNumbers, ends: FrameNumbers, pictures: Picture
) -> None:
    """Write 1 / interval of each frame of a block to ``pictures``, float32 (n, H, W).

    Args:
        rows: of the block, as `SpikeStream.packed_rows`.
        start: its first frame, counted from the start of the run.
        reach: frames to each side at which intervals are cut off.
        begins: the last spike before the block, (H, columns); advanced to its end.
        ends: the first spike behind the block, (H, columns).
        pictures: whose pixels are written.
    """
    run_over_rows(
        _write_inverse_intervals,
        rows.shape[1],
        rows,
        start,
        reach,
        BYTE_BITS,
        begins,
        ends,
        pictures,
    )


# Loops over pixels stand in functions of their own: as parts of one they are not vectorised, nor
# where two of their arrays are the same.


@njit(nogil=True, cache=True, error_model="numpy")
def _spread_bits(packed, byte_bits, words):  # type: ignore[no-untyped-def]
    for k in range(len(words)):
        words[k] = byte_bits[packed[k]]


@njit(nogil=True, cache=True, error_model="numpy")
def _set_where_fired(fired, spikes, frame):  # type: ignore[no-untyped-def]
    for c in range(len(fired)):
        spikes[c] = frame if fired[c] else spikes[c]


@njit(nogil=True, cache=True, error_model="numpy")
def _copy_or_set_where_fired(fired, source, target, frame):  # type: ignore[no-untyped-def]
    for c in range(len(fired)):
        target[c] = frame if fired[c] else source[c]


@njit(nogil=True, cache=True, error_model="numpy")
def _invert_intervals(begins, ends, earliest, latest, picture):  # type: ignore[no-untyped-def]
    for c in range(len(picture)):
        begin, end = begins[c], ends[c]
        begin = begin if begin > earliest else earliest
        end = end if end < latest else latest
        picture[c] = np.float32(1) / np.float32(np.int32(end - begin))


@njit(nogil=True, cache=True, error_model="numpy")
def _set_first_spikes(rows, byte_bits, spikes, first_row, last_row):  # type: ignore[no-untyped-def]
    frames, _, row_bytes = rows.shape
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    words = np.empty(row_bytes * strip_rows, np.uint64)
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        first_spikes = spikes[top:bottom].reshape(8 * size)
        for i in range(frames - 1, -1, -1):
            _spread_bits(rows[i, top:bottom].reshape(size), byte_bits, words[:size])
            _set_where_fired(words[:size].view(np.uint8), first_spikes, spikes.dtype.type(i))


@njit(nogil=True, cache=True, error_model="numpy")
def _find_block_ends(rows, block_frames, byte_bits, following, ends, first_row, last_row):  # type: ignore[no-untyped-def]
    frames, _, row_bytes = rows.shape
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    words = np.empty(row_bytes * strip_rows, np.uint64)
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        end = following[top:bottom].reshape(8 * size)
        fired = words[:size].view(np.uint8)
        for i in range(frames - 1, -1, -1):
            if i == frames - 1 or (i + 1) % block_frames == 0:
                ends[i // block_frames, top:bottom] = following[top:bottom]
            _spread_bits(rows[i, top:bottom].reshape(size), byte_bits, words[:size])
            _set_where_fired(fired, end, following.dtype.type(i))


@njit(nogil=True, cache=True, error_model="numpy")
def _write_inverse_intervals(  # type: ignore[no-untyped-def]
    rows, start, reach, byte_bits, begins, ends, pictures, first_row, last_row
):
    frames, _, width = pictures.shape
    row_bytes = rows.shape[2]
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    frame_ends = np.empty((frames, 8 * row_bytes * strip_rows), begins.dtype)
    words = np.empty((frames, row_bytes * strip_rows), np.uint64)
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        pixels = 8 * size
        frame_ends[frames - 1, :pixels] = ends[top:bottom].reshape(pixels)
        for i in range(frames - 1, -1, -1):
            _spread_bits(rows[i, top:bottom].reshape(size), byte_bits, words[i, :size])
            if i:
                _copy_or_set_where_fired(
                    words[i, :size].view(np.uint8),
                    frame_ends[i, :pixels],
                    frame_ends[i - 1, :pixels],
                    begins.dtype.type(start + i),
                )
        begin = begins[top:bottom].reshape(pixels)
        for i in range(frames):
            frame = start + i
            fired = words[i, :size].view(np.uint8)
            _set_where_fired(fired, begin, begins.dtype.type(frame))
            earliest = begins.dtype.type(frame - reach - 1)
            latest = begins.dtype.type(frame + reach + 1)
            if width == 8 * row_bytes:
                # All rows of the strip in one loop.
                picture = pictures[i, top:bottom].reshape(pixels)
                _invert_intervals(begin, frame_ends[i, :pixels], earliest, latest, picture)
            else:
                for row in range(top, bottom):
                    left = 8 * row_bytes * (row - top)
                    right = left + width
                    _invert_intervals(
                        begin[left:right],
                        frame_ends[i, left:right],
                        earliest,
                        latest,
                        pictures[i, row],
                    )

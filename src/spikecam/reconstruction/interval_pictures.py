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
from spikecam.reconstruction.pixel_vectors import advance_and_invert, copy_or_set_where_fired
from spikecam.rows import run_over_rows

FrameNumbers = npt.NDArray[np.int16] | npt.NDArray[np.int32]

# Pixels of a strip of rows that is passed at a time.
_STRIP_PIXELS = 16384


def frame_number_type(run_frames: int, reach: int) -> type[Any]:
    """The type of frame numbers and intervals for a run and a reach: int16 where they fit."""
    most = run_frames + 2 * (reach + 1)
    return np.int16 if most <= np.iinfo(np.int16).max else np.int32


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
    run_over_rows(_find_block_ends, rows.shape[1], rows, block_frames, following, ends)
    return ends


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
        begins,
        ends,
        pictures,
    )


@njit(nogil=True, cache=True, error_model="numpy")
def _copy_or_set(spikes, source, target, frame):  # type: ignore[no-untyped-def]
    """Set ``target`` to ``frame`` where the bits of a frame say that a pixel fired, or copy."""
    words = spikes[: len(spikes) // 8 * 8].view(np.uint64)
    for k in range(len(words)):
        copy_or_set_where_fired(source, target, 64 * k, words[k], frame)
    for k in range(8 * len(words), len(spikes)):
        copy_or_set_where_fired(source, target, 8 * k, spikes[k], frame)


@njit(nogil=True, cache=True, error_model="numpy")
def _advance_and_invert(spikes, begins, ends, picture, limits):  # type: ignore[no-untyped-def]
    """Advance ``begins`` by the bits of a frame, and write 1 / interval of all its pixels."""
    one = np.float32(1)
    words = spikes[: len(spikes) // 8 * 8].view(np.uint64)
    for k in range(len(words)):
        advance_and_invert(begins, ends, picture, 64 * k, words[k], limits, one)
    for k in range(8 * len(words), len(spikes)):
        advance_and_invert(begins, ends, picture, 8 * k, spikes[k], limits, one)


@njit(nogil=True, cache=True, error_model="numpy")
def _find_block_ends(rows, block_frames, following, ends, first_row, last_row):  # type: ignore[no-untyped-def]
    frames, _, row_bytes = rows.shape
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        end = following[top:bottom].reshape(8 * size)
        for i in range(frames - 1, -1, -1):
            if i == frames - 1 or (i + 1) % block_frames == 0:
                ends[i // block_frames, top:bottom] = following[top:bottom]
            spikes = rows[i, top:bottom].reshape(size)
            _copy_or_set(spikes, end, end, following.dtype.type(i))


@njit(nogil=True, cache=True, error_model="numpy")
def _write_inverse_intervals(  # type: ignore[no-untyped-def]
    rows, start, reach, begins, ends, pictures, first_row, last_row
):
    frames, _, width = pictures.shape
    row_bytes = rows.shape[2]
    number = begins.dtype.type
    strip_rows = max(1, _STRIP_PIXELS // (8 * row_bytes))
    frame_ends = np.empty((frames, 8 * row_bytes * strip_rows), begins.dtype)
    padded = np.empty(0 if width == 8 * row_bytes else 8 * row_bytes * strip_rows, np.float32)
    for top in range(first_row, last_row, strip_rows):
        bottom = min(top + strip_rows, last_row)
        size = (bottom - top) * row_bytes
        pixels = 8 * size
        frame_ends[frames - 1, :pixels] = ends[top:bottom].reshape(pixels)
        for i in range(frames - 1, 0, -1):
            spikes = rows[i, top:bottom].reshape(size)
            _copy_or_set(spikes, frame_ends[i], frame_ends[i - 1], number(start + i))
        begin = begins[top:bottom].reshape(pixels)
        for i in range(frames):
            frame = start + i
            limits = number(frame), number(frame - reach - 1), number(frame + reach + 1)
            spikes = rows[i, top:bottom].reshape(size)
            if width == 8 * row_bytes:
                picture = pictures[i, top:bottom].reshape(pixels)
                _advance_and_invert(spikes, begin, frame_ends[i], picture, limits)
            else:
                _advance_and_invert(spikes, begin, frame_ends[i], padded, limits)
                for row in range(top, bottom):
                    left = 8 * row_bytes * (row - top)
                    pictures[i, row] = padded[left : left + width]

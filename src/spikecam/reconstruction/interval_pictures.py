"""Inverse intervals of a run of frames, for TFI.

The spikes that end intervals are looked for backward in time, those that begin them forward. A long
run is first passed backward as a whole, and the ends that are valid behind each of its blocks are
kept; each block is then passed backward and forward in strips of rows, whose ends stay in cache.
Frame numbers count from the start of the run, in 16 bits where they fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.bits import Bytes
from spikecam.picture import Picture
from spikecam.reconstruction.interval_kernels import (
    find_block_end_rows,
    write_inverse_interval_rows,
)
from spikecam.rows import run_over_rows

FrameNumbers = npt.NDArray[np.int16] | npt.NDArray[np.int32]


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
    run_over_rows(find_block_end_rows, rows.shape[1], rows, block_frames, following, ends)
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
        write_inverse_interval_rows,
        rows.shape[1],
        rows,
        start,
        reach,
        begins,
        ends,
        pictures,
    )

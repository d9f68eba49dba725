"""Search for the spikes that bound the interval around a frame, in every pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.reconstruction.interval_pictures import set_first_spikes
from spikecam.rows import run_over_rows
from spikecam.stream import SpikeStream

FrameOffsets = npt.NDArray[np.int32]

_BLOCK_BYTES = 1 << 20
_FIRST_FRAMES = 32


def last_spike_offsets(stream: SpikeStream, frame: int, reach: int) -> FrameOffsets:
    """Offset of every pixel's last spike before a frame, counted from it, int32 (H, W).

    Where there is none within reach it is what bounds the interval instead (see above).
    """
    return interval_start_offsets(stream, frame, reach)[:, : stream.width]


def interval_start_offsets(stream: SpikeStream, frame: int, reach: int) -> FrameOffsets:
    """Offset from a frame back to the start of each pixel's interval.

    It is the last spike before the frame, or what bounds the interval instead.

    It is negative; columns past the width are included.
    """
    start = max(0, frame - reach)
    spikes: FrameOffsets = _find_spikes(stream, start, frame, backward=True)[0]
    if (spikes >= 0).all():
        return -1 - spikes
    bound: FrameOffsets | int = reach
    if start == 0:
        bound = frame + _extrapolated_spikes(
            _find_spikes(stream, 0, min(reach, len(stream)), count=2)
        )
    frames_before = np.where(spikes < 0, bound, spikes).astype(np.int32)
    return -1 - frames_before


def interval_end_offsets(stream: SpikeStream, frame: int, reach: int) -> FrameOffsets:
    """Offset from a frame to the end of each pixel's interval.

    It is the first spike from the frame on, or what bounds the interval instead.
    """
    length = len(stream)
    spikes: FrameOffsets = _find_spikes(stream, frame, min(frame + reach, length))[0]
    if (spikes >= 0).all():
        return spikes
    bound: FrameOffsets | int = reach
    if frame + reach >= length:
        from_end = _find_spikes(stream, max(0, length - reach), length, count=2, backward=True)
        bound = length - frame + _extrapolated_spikes(from_end)
    return np.where(spikes < 0, bound, spikes).astype(np.int32)


def _extrapolated_spikes(nearest_spikes: FrameOffsets) -> FrameOffsets:
    """Offset outside the recording of a spike extrapolated from the two nearest to its edge.

    ``nearest_spikes`` are these two of every pixel, counted from the recording's edge. Their
    interval is repeated; 0 is just outside, also where there are not two.
    """
    first, second = nearest_spikes
    return np.where(second < 0, 0, np.maximum(second - 2 * first - 1, 0)).astype(np.int32)


def _find_spikes(
    stream: SpikeStream, start: int, stop: int, *, count: int = 1, backward: bool = False
) -> FrameOffsets:
    """The first ``count`` spikes of every pixel in frames [start, stop), from either end.

    Returns how many frames after ``start``, or before ``stop - 1``, each spike is, -1 for none;
    shape (count, H, 8 * row bytes); columns past the width hold 0.
    """
    _, height, width = stream.shape
    offsets = np.full((count, height, (width + 7) // 8 * 8), -1, np.int32)
    offsets[:, :, width:] = 0
    # A part at a time: most pixels are found soon. So many are in the first that they are written
    # for all pixels; later they are searched one by one.
    length, first = stop - start, 0
    if count == 1 and length > _FIRST_FRAMES:
        first = _FIRST_FRAMES
        rows = stream.packed_rows(*((stop - first, stop) if backward else (start, start + first)))
        set_first_spikes(rows[::-1] if backward else rows, offsets[0])
        offsets[:, :, width:] = 0
        if (offsets >= 0).all():
            return offsets
    # Frames [first, length) from this end are left.
    left = stream[start : stop - first] if backward else stream[start + first : stop]
    parts = left.block_spans(_BLOCK_BYTES)
    for a, b in reversed(parts) if backward else parts:
        rows = left.packed_rows(a, b)
        frames_before = length - b if backward else first + a
        run_over_rows(_scan, height, rows[::-1] if backward else rows, frames_before, offsets)
        if (offsets[-1] >= 0).all():
            break
    return offsets


@njit(nogil=True, cache=True, error_model="numpy")
def _scan(rows, frames_before, offsets, first_row, last_row):  # type: ignore[no-untyped-def]
    count, _, columns = offsets.shape
    open_bits = np.empty(columns // 8, np.uint8)
    for row in range(first_row, last_row):
        left = 0
        open_bits[:] = 0
        for column in range(columns):
            if offsets[count - 1, row, column] < 0:
                open_bits[column // 8] |= 1 << column % 8
                left += 1
        for i in range(len(rows)):
            if left == 0:
                break
            for k in range(len(open_bits)):
                spikes = rows[i, row, k] & open_bits[k]
                bit = 0
                while spikes:
                    if spikes & 1:
                        column = 8 * k + bit
                        nth = 0
                        while offsets[nth, row, column] >= 0:
                            nth += 1
                        offsets[nth, row, column] = frames_before + i
                        if nth == count - 1:
                            open_bits[k] ^= 1 << bit
                            left -= 1
                    spikes >>= 1
                    bit += 1

"""Search for the spikes that bound the interval around a frame, in every pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.reconstruction.interval_kernels import search_rows
from spikecam.rows import run_over_rows
from spikecam.stream import SpikeStream

FrameOffsets = npt.NDArray[np.int32]

# Bytes and frames of a part of the recording that is searched at a time.
_BLOCK_BYTES = 1 << 20
_PART_FRAMES = 32


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
    row_bytes = (width + 7) // 8
    offsets = np.full((count, height, 8 * row_bytes), -1, np.int32)
    offsets[:, :, width:] = 0
    # Bits of the pixels whose first, second, ... spike is still searched for.
    missing = np.full((count, height, row_bytes), 255, np.uint8)
    missing[:, :, width // 8 :] = (1 << width % 8) - 1
    # A part at a time: most spikes are in the first.
    step = max(1, min(_PART_FRAMES, _BLOCK_BYTES // (height * row_bytes)))
    for done in range(0, stop - start, step):
        length = min(step, stop - start - done)
        first = stop - done - length if backward else start + done
        rows = stream.packed_rows(first, first + length)
        run_over_rows(search_rows, height, rows, backward, done, missing, offsets)
        if not missing[-1].any():
            break
    return offsets

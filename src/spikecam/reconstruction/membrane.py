"""Spikes weighed as they are integrated: fixed-pattern correction in the membrane.

    V(t) = V(t-1) + gamma S(t)

(supplement of "Seeing Through Blur", Eq. 14). A spike that ends an interval of n frames weighs
gamma(n), as `spikecam.fixed_pattern` derives it: what the reference pixel would have
collected in these frames, in thresholds. Every spike is corrected for the light of its own moment,
so that a pixel over which something bright passes is corrected for both, whatever the window.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.reconstruction.intervals import last_spike_offsets
from spikecam.reconstruction.membrane_kernels import (
    REACH_FRAMES,
    add_spike_weights,
    slide_rate_window,
)
from spikecam.rows import iter_empty_picture_blocks, run_over_rows
from spikecam.stream import SpikeStream

Sums = npt.NDArray[np.float64]


def sum_spike_weights(stream: SpikeStream, start: int, stop: int, fpn: FixedPattern) -> Sums:
    """Sum the corrected weights of the spikes in frames [start, stop), float64 (H, W)."""
    fpn.check_shape(stream.shape[1:])
    sums, last = np.zeros(fpn.shape), _last_spike_offsets(stream, start)
    for a, b in stream[start:stop].block_spans():
        rows = stream.packed_rows(start + a, start + b)
        args = (rows, last, fpn.gain, fpn.slope, int(fpn.dead_frame), sums)
        run_over_rows(add_spike_weights, stream.height, *args)
        last -= b - a
    return sums


def iter_corrected_tfp(
    stream: SpikeStream, first: int, last: int, window: int, fpn: FixedPattern
) -> Iterator[Picture]:
    """Yield TFP of frames [first, last) with the fixed pattern corrected spike by spike."""
    start, stop = stream.window(first, window)
    sums = sum_spike_weights(stream, start, stop, fpn)
    new, old = _last_spike_offsets(stream, stop), _last_spike_offsets(stream, start)
    yield fpn.fill_bad_pixels(_rates(sums, window))
    # The state of a row is read and written once for so many frames.
    for pictures in iter_empty_picture_blocks(first + 1, last, stream.shape, min_frames=4):
        n = len(pictures)
        entering, leaving = stream.packed_rows(stop, stop + n), stream.packed_rows(start, start + n)
        args = (entering, leaving, new, old, fpn.gain, fpn.slope, int(fpn.dead_frame), sums)
        run_over_rows(slide_rate_window, stream.height, *args, np.float32(window), pictures)
        yield from fpn.fill_bad_pixels(pictures)
        start, stop = start + n, stop + n
        new -= n
        old -= n


def _rates(sums: Sums, window: int) -> Picture:
    return np.clip(sums / window, 0, 1).astype(np.float32)


def _last_spike_offsets(stream: SpikeStream, frame: int) -> npt.NDArray[np.int32]:
    """Offset of every pixel's last spike before a frame. Before the first spike it is as in TFI."""
    return np.ascontiguousarray(last_spike_offsets(stream, frame, min(REACH_FRAMES, len(stream))))

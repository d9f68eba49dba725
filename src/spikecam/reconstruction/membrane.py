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
from spikecam.reconstruction.intervals import last_spikes
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES, add_weights, slide_window
from spikecam.rows import over_rows, picture_blocks
from spikecam.stream import SpikeStream

Sums = npt.NDArray[np.float64]


def weighed_count(stream: SpikeStream, start: int, stop: int, fpn: FixedPattern) -> Sums:
    """Thresholds of corrected charge in the spikes of frames [start, stop), float64 (H, W)."""
    fpn.check_shape(stream.shape[1:])
    sums, last = np.zeros(fpn.shape), _last(stream, start)
    for a, b in stream[start:stop].blocks():
        rows = stream.rows(start + a, start + b)
        over_rows(add_weights, stream.height, rows, last, fpn.gain, fpn.slope, sums)
        last -= b - a
    return sums


def sliding_rate(
    stream: SpikeStream, first: int, last: int, window: int, fpn: FixedPattern
) -> Iterator[Picture]:
    """Corrected TFP of frames [first, last): the weights in each window over its frames."""
    start, stop = stream.window(first, window)
    sums = weighed_count(stream, start, stop, fpn)
    new, old = _last(stream, stop), _last(stream, start)
    yield fpn.fill_bad_pixels(_rates(sums, window))
    for pictures in picture_blocks(first + 1, last, stream.shape):
        n = len(pictures)
        entering, leaving = stream.rows(stop, stop + n), stream.rows(start, start + n)
        args = (entering, leaving, new, old, fpn.gain, fpn.slope, sums, np.float32(window))
        over_rows(slide_window, stream.height, *args, pictures)
        yield from fpn.fill_bad_pixels(pictures)
        start, stop = start + n, stop + n
        new -= n
        old -= n


def _rates(sums: Sums, window: int) -> Picture:
    return np.clip(sums / window, 0, 1).astype(np.float32)


def _last(stream: SpikeStream, edge: int) -> npt.NDArray[np.int32]:
    """The last spike before ``edge``, numbered from it; before the first spike, as TFI has it."""
    return np.ascontiguousarray(last_spikes(stream, edge, min(REACH_FRAMES, len(stream))))

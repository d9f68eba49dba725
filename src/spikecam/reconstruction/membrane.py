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
from numba import njit

from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.reconstruction.intervals import REACH_FRAMES, last_spikes
from spikecam.rows import over_rows, picture_blocks
from spikecam.stream import SpikeStream

Sums = npt.NDArray[np.float64]


def weighed_count(stream: SpikeStream, start: int, stop: int, fpn: FixedPattern) -> Sums:
    """Thresholds of corrected charge in the spikes of frames [start, stop), float64 (H, W)."""
    fpn.check_shape(stream.shape[1:])
    sums, last = np.zeros(fpn.shape), _last(stream, start)
    for a, b in stream[start:stop].blocks():
        rows = stream.rows(start + a, start + b)
        over_rows(_add, stream.height, rows, last, fpn.gain, fpn.slope, sums)
        last -= b - a
    return sums


def sliding_rate(
    stream: SpikeStream, first: int, last: int, window: int, fpn: FixedPattern
) -> Iterator[Picture]:
    """Corrected TFP of frames [first, last): the weights in each window over its frames."""
    start, stop = stream.window(first, window)
    sums = weighed_count(stream, start, stop, fpn)
    new, old = _last(stream, stop), _last(stream, start)
    yield fpn.fill(_rates(sums, window))
    for pictures in picture_blocks(first + 1, last, stream.shape):
        n = len(pictures)
        entering, leaving = stream.rows(stop, stop + n), stream.rows(start, start + n)
        args = (entering, leaving, new, old, fpn.gain, fpn.slope, sums, np.float32(window))
        over_rows(_slide, stream.height, *args, pictures)
        yield from fpn.fill(pictures)
        start, stop = start + n, stop + n
        new -= n
        old -= n


def _rates(sums: Sums, window: int) -> Picture:
    return np.clip(sums / window, 0, 1).astype(np.float32)


def _last(stream: SpikeStream, edge: int) -> npt.NDArray[np.int32]:
    """The last spike before ``edge``, numbered from it; before the first spike, as TFI has it."""
    return np.ascontiguousarray(last_spikes(stream, edge, min(REACH_FRAMES, len(stream))))


@njit(nogil=True, inline="always", error_model="numpy")
def weight(interval, gain, slope):  # type: ignore[no-untyped-def]
    """What a spike weighs that ends an interval of so many frames, in thresholds."""
    # As far as intervals are searched for elsewhere: a run then agrees with a picture by itself.
    interval = min(interval, REACH_FRAMES)
    # In n frames, darkness brings a pixel (n - 1) slope closer to firing.
    more = interval - 1
    light = max(1 - more * slope, 0.0)
    return interval * light / max(light + more * gain, 1e-9)


@njit(nogil=True, cache=True, error_model="numpy")
def _add(rows, last, gain, slope, sums, first_row, last_row):  # type: ignore[no-untyped-def]
    for row in range(first_row, last_row):
        for i in range(len(rows)):
            for k in range(rows.shape[2]):
                spikes = rows[i, row, k]
                column = 8 * k
                while spikes:
                    if spikes & 1:
                        interval = i - last[row, column]
                        sums[row, column] += weight(interval, gain[row, column], slope[row, column])
                        last[row, column] = i
                    spikes >>= 1
                    column += 1


@njit(nogil=True, cache=True, error_model="numpy")
def _slide(  # type: ignore[no-untyped-def]
    entering, leaving, new, old, gain, slope, sums, window, pictures, first_row, last_row
):
    frames, _, width = pictures.shape
    for row in range(first_row, last_row):
        for i in range(frames):
            for k in range(entering.shape[2]):
                column = 8 * k
                came, went = entering[i, row, k], leaving[i, row, k]
                while came | went:
                    if came & 1:
                        interval = i - new[row, column]
                        sums[row, column] += weight(interval, gain[row, column], slope[row, column])
                        new[row, column] = i
                    if went & 1:
                        interval = i - old[row, column]
                        sums[row, column] -= weight(interval, gain[row, column], slope[row, column])
                        old[row, column] = i
                    came >>= 1
                    went >>= 1
                    column += 1
            for column in range(width):
                rate = np.float32(sums[row, column]) / window
                pictures[i, row, column] = min(max(rate, np.float32(0)), np.float32(1))

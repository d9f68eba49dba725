"""Maps of intervals between spikes, the input of BSF (Zhao et al., CVPR 2024).

For every frame t and pixel, d(t) is the length of the interval around t in frames, from one spike
to the next. Where the frame of a spike belongs to the interval that it ends (the authors' rule),

    d(t) = (first spike at or after t) - (last spike before t)

and the longest length where either is missing; where it belongs to the interval that it begins (the
rule of Spike-Zoo),

    d(t) = (first spike after t, else the number of frames) - (last spike at or before t, else 0).

The four maps are d, d with the interval after it, d with the one before, and d with both. Which
these are is found by the second rule in either case; with the first they often are d again. Weights
were trained by one or the other, so both stay as they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.networks.configs.bsf import BSFInputConfig
from spikecam.rows import run_over_rows
from spikecam.stream import Span


def interval_maps(
    spikes: npt.NDArray[np.uint8], window: Span, config: BSFInputConfig | None = None
) -> npt.NDArray[np.float32]:
    """Interval maps of a window of frames, (4, T, H, W) in frames, the input of BSF.

    Args:
        spikes: (N, H, W), zeros and ones: the window with ``config.margin`` frames on each side, or
            as many as there are.
        window: frames (start, stop) of the window among these.
        config: which rule, and the longest interval.
    """
    config = config or BSFInputConfig()
    maps = np.empty((4, window[1] - window[0], *spikes.shape[1:]), np.float32)
    rule = config.spike_ends_interval, config.max_interval
    run_over_rows(_map_rows, spikes.shape[1], spikes, *window, *rule, maps)
    return maps


@njit(nogil=True, cache=True, error_model="numpy")
def _map_rows(spikes, start, stop, spike_ends_interval, max_interval, maps, first_row, last_row):  # type: ignore[no-untyped-def]
    length, _, width = spikes.shape
    intervals = np.empty((length, width), np.int32)
    for row in range(first_row, last_row):
        _find_intervals(spikes[:, row], spike_ends_interval, max_interval, intervals)
        _add_neighbours(spikes[start:stop, row], intervals[start:stop], maps[:, :, row])


@njit(nogil=True, cache=True, error_model="numpy")
def _find_intervals(fired, spike_ends_interval, max_interval, intervals):  # type: ignore[no-untyped-def]
    """Length of the interval around every frame, (N, W), by the spikes of a row, (N, W)."""
    length, width = fired.shape
    missing = np.int32(length + max_interval)
    # First spike after the frame, or at it by the rule in which it ends an interval.
    following = np.full(width, missing if spike_ends_interval else length, np.int32)
    for t in range(length - 1, -1, -1):
        for x in range(width):
            if spike_ends_interval and fired[t, x]:
                following[x] = t
            intervals[t, x] = following[x]
            if fired[t, x]:
                following[x] = t
    # Last spike before the frame, or at it by the rule in which it begins an interval.
    preceding = np.full(width, -max_interval if spike_ends_interval else 0, np.int32)
    for t in range(length):
        for x in range(width):
            if not spike_ends_interval and fired[t, x]:
                preceding[x] = t
            intervals[t, x] = min(intervals[t, x] - preceding[x], max_interval)
            if fired[t, x]:
                preceding[x] = t


@njit(nogil=True, cache=True, error_model="numpy")
def _add_neighbours(fired, intervals, maps):  # type: ignore[no-untyped-def]
    """The four maps (4, T, W) by the intervals of a window, (T, W).

    Where fewer than two spikes follow, or came, the interval itself stands for the one after it, or
    before it.
    """
    frames, width = intervals.shape
    counts = np.zeros(width, np.int32)
    neighbours = np.zeros(width, np.int32)
    for t in range(frames - 1, -1, -1):
        for x in range(width):
            counts[x] += fired[t, x]
            if counts[x] < 2:
                neighbours[x] = intervals[t, x]
            elif fired[t + 1, x]:
                neighbours[x] = intervals[t + 1, x]
            maps[0, t, x] = intervals[t, x]
            maps[1, t, x] = intervals[t, x] + neighbours[x]
    counts[:] = 0
    for t in range(frames):
        for x in range(width):
            counts[x] += fired[t, x]
            if counts[x] < 2:
                neighbours[x] = intervals[t, x]
            elif fired[t, x]:
                neighbours[x] = intervals[t - 1, x]
            maps[2, t, x] = intervals[t, x] + neighbours[x]
            maps[3, t, x] = maps[1, t, x] + neighbours[x]

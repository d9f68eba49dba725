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

from spikecam.networks.configs.bsf import BSFInputConfig
from spikecam.stream import Span

Intervals = npt.NDArray[np.int16]


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
    frames = slice(*window)
    intervals = frame_intervals(spikes, config)[frames]
    following = _following_intervals(spikes[frames], intervals)
    preceding = _preceding_intervals(spikes[frames], intervals)
    with_following = intervals + following
    sums = intervals, with_following, intervals + preceding, with_following + preceding
    return np.stack(sums).astype(np.float32)


def frame_intervals(
    spikes: npt.NDArray[np.uint8], config: BSFInputConfig | None = None
) -> Intervals:
    """Length of the interval around every frame, int16 (N, H, W), by spikes (N, H, W)."""
    config = config or BSFInputConfig()
    length = len(spikes)
    fired = spikes.astype(bool)
    frames = np.arange(length, dtype=np.int16)[:, None, None]
    none_after, none_before = np.int16(length), np.int16(-1)
    following = np.minimum.accumulate(np.where(fired, frames, none_after)[::-1])[::-1]
    preceding = np.maximum.accumulate(np.where(fired, frames, none_before))
    edge = np.ones((1, *spikes.shape[1:]), np.int16)
    if config.spike_ends_interval:
        preceding = np.concatenate([none_before * edge, preceding[:-1]])
        missing = (following == none_after) | (preceding == none_before)
        intervals = np.where(missing, np.int16(config.max_interval), following - preceding)
    else:
        following = np.concatenate([following[1:], none_after * edge])
        intervals = following - np.maximum(preceding, 0)
    return np.minimum(intervals, np.int16(config.max_interval))


def _following_intervals(spikes: npt.NDArray[np.uint8], intervals: Intervals) -> Intervals:
    """Interval after that of each frame; its own where fewer than two spikes follow."""
    following = intervals.copy()
    spike_counts = np.zeros(spikes.shape[1:], np.int16)
    spike_counts += spikes[-1]
    for t in reversed(range(len(spikes) - 1)):
        spike_counts += spikes[t]
        next_interval = np.where(spikes[t + 1] > 0, intervals[t + 1], following[t + 1])
        following[t] = np.where(spike_counts < 2, intervals[t], next_interval)
    return following


def _preceding_intervals(spikes: npt.NDArray[np.uint8], intervals: Intervals) -> Intervals:
    """Interval before that of each frame; its own where fewer than two spikes came."""
    preceding = intervals.copy()
    spike_counts = np.zeros(spikes.shape[1:], np.int16)
    spike_counts += spikes[0]
    for t in range(1, len(spikes)):
        spike_counts += spikes[t]
        previous_interval = np.where(spikes[t] > 0, intervals[t - 1], preceding[t - 1])
        preceding[t] = np.where(spike_counts < 2, intervals[t], previous_interval)
    return preceding

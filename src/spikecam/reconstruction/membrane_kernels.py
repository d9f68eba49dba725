"""Compiled loops that weigh every spike by the interval that it ends.

They stand in one file with `spike_weight`, which they all use: numba's cache notices a change of
the file that a loop stands in, and of no other.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Frames on each side within which a spike is searched for, unless another number is asked for.
REACH_FRAMES = 256


@njit(nogil=True, inline="always", error_model="numpy")
def spike_weight(interval_frames, gain, slope, dead_frames):  # type: ignore[no-untyped-def]
    """Corrected charge of a spike that ends an interval of so many frames, in thresholds."""
    # As far as intervals are searched for elsewhere: a run then agrees with a picture by itself.
    interval_frames = min(interval_frames, REACH_FRAMES)
    # In n frames, of which ``dead_frames`` collect nothing (0 or 1), darkness brings a pixel
    # (n - dead_frames) slope closer to firing.
    more = interval_frames - dead_frames
    light = max(1 - more * slope, 0.0)
    return interval_frames * light / max(dead_frames * light + more * gain, 1e-9)


@njit(nogil=True, cache=True, error_model="numpy")
def add_spike_weights(  # type: ignore[no-untyped-def]
    rows, last_spikes, gain, slope, dead_frames, sums, first_row, last_row
):
    """Add the weight of every spike to the sum of its pixel, (H, W), in place."""
    for row in range(first_row, last_row):
        for i in range(len(rows)):
            for k in range(rows.shape[2]):
                spikes = rows[i, row, k]
                column = 8 * k
                while spikes:
                    if spikes & 1:
                        interval = i - last_spikes[row, column]
                        sums[row, column] += spike_weight(
                            interval, gain[row, column], slope[row, column], dead_frames
                        )
                        last_spikes[row, column] = i
                    spikes >>= 1
                    column += 1


@njit(nogil=True, cache=True, error_model="numpy")
def slide_rate_window(  # type: ignore[no-untyped-def]
    entering_rows,
    leaving_rows,
    last_entered,
    last_left,
    gain,
    slope,
    dead_frames,
    sums,
    window,
    pictures,
    first_row,
    last_row,
):
    """Write the rates of a window that slides frame by frame to ``pictures``, (n, H, W)."""
    frames, _, width = pictures.shape
    for row in range(first_row, last_row):
        for i in range(frames):
            for k in range(entering_rows.shape[2]):
                column = 8 * k
                came, went = entering_rows[i, row, k], leaving_rows[i, row, k]
                while came | went:
                    if came & 1:
                        interval = i - last_entered[row, column]
                        sums[row, column] += spike_weight(
                            interval, gain[row, column], slope[row, column], dead_frames
                        )
                        last_entered[row, column] = i
                    if went & 1:
                        interval = i - last_left[row, column]
                        sums[row, column] -= spike_weight(
                            interval, gain[row, column], slope[row, column], dead_frames
                        )
                        last_left[row, column] = i
                    came >>= 1
                    went >>= 1
                    column += 1
            for column in range(width):
                rate = np.float32(sums[row, column]) / window
                pictures[i, row, column] = min(max(rate, np.float32(0)), np.float32(1))


@njit(nogil=True, cache=True, error_model="numpy")
def collect_charge_at_times(  # type: ignore[no-untyped-def]
    rows,
    frames_read,
    times,
    gain,
    slope,
    dead_frames,
    spike_charge,
    last_spike,
    spike_before,
    times_done,
    charges,
    first_row,
    last_row,
):
    """Write the charge at given times between the spikes of a block of frames to ``charges``."""
    frames, _, row_bytes = rows.shape
    moments = len(times)
    for row in range(first_row, last_row):
        for i in range(frames):
            now = frames_read + i + 1
            for k in range(row_bytes):
                spikes = rows[i, row, k]
                c = 8 * k
                while spikes:
                    if spikes & 1:
                        then = last_spike[row, c]
                        if then < 0:
                            # Nothing is known of the light yet: filled in at the second spike.
                            while times_done[row, c] < moments and times[times_done[row, c]] <= now:
                                times_done[row, c] += 1
                        else:
                            span = now - then
                            step = spike_weight(span, gain[row, c], slope[row, c], dead_frames)
                            if spike_before[row, c] < 0:
                                silent = max(span, then)
                                for m in range(times_done[row, c]):
                                    charges[m, row, c] = (times[m] - then) * step / silent
                            j = times_done[row, c]
                            while j < moments and times[j] <= now:
                                part = (times[j] - then) / np.float32(span)
                                charges[j, row, c] = spike_charge[row, c] + part * step
                                j += 1
                            times_done[row, c] = j
                            spike_charge[row, c] += step
                        spike_before[row, c], last_spike[row, c] = then, now
                    spikes >>= 1
                    c += 1


@njit(nogil=True, cache=True, error_model="numpy")
def extrapolate_charge(  # type: ignore[no-untyped-def]
    recording_length,
    times,
    gain,
    slope,
    dead_frames,
    spike_charge,
    last_spike,
    spike_before,
    times_done,
    charges,
    first_row,
    last_row,
):
    """Write the charge at the times after the last spike to ``charges``, when all is read."""
    moments = len(times)
    for row in range(first_row, last_row):
        for c in range(spike_charge.shape[1]):
            end, left = last_spike[row, c], recording_length - last_spike[row, c]
            if end < 0:
                # Less than a threshold in all that time.
                for m in range(moments):
                    charges[m, row, c] = times[m] / (2 * recording_length)
            elif spike_before[row, c] < 0:
                silent = max(end, left)
                step = spike_weight(silent, gain[row, c], slope[row, c], dead_frames) / silent
                for m in range(moments):
                    charges[m, row, c] = (times[m] - end) * step
            else:
                span = end - spike_before[row, c]
                step = spike_weight(span, gain[row, c], slope[row, c], dead_frames)
                for m in range(times_done[row, c], moments):
                    charges[m, row, c] = spike_charge[row, c] + (times[m] - end) * step / max(
                        span, left
                    )

"""Compiled loops that weigh every spike by the interval that it ends.

They stand in one file with `weight`, which they all use: numba's cache notices a change of
the file that a loop stands in, and of no other.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Frames on each side within which a spike is searched for, unless another number is asked for.
REACH_FRAMES = 256


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
def add_weights(rows, last, gain, slope, sums, first_row, last_row):  # type: ignore[no-untyped-def]
    """Add the weights of spikes to sums over frames, (H, W)."""
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
def slide_window(  # type: ignore[no-untyped-def]
    entering, leaving, new, old, gain, slope, sums, window, pictures, first_row, last_row
):
    """Corrected rates of windows that slide frame by frame, (n, H, W)."""
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


@njit(nogil=True, cache=True, error_model="numpy")
def collect_charge(  # type: ignore[no-untyped-def]
    rows, seen, times, gain, slope, count, last, before, done, charges, first_row, last_row
):
    """Charge at given times between the spikes of a block of frames."""
    frames, _, row_bytes = rows.shape
    moments = len(times)
    for row in range(first_row, last_row):
        for i in range(frames):
            now = seen + i + 1
            for k in range(row_bytes):
                spikes = rows[i, row, k]
                c = 8 * k
                while spikes:
                    if spikes & 1:
                        then = last[row, c]
                        if then < 0:
                            # Nothing is known of the light yet: filled in at the second spike.
                            while done[row, c] < moments and times[done[row, c]] <= now:
                                done[row, c] += 1
                        else:
                            span = now - then
                            step = weight(span, gain[row, c], slope[row, c])
                            if before[row, c] < 0:
                                silent = max(span, then)
                                for m in range(done[row, c]):
                                    charges[m, row, c] = (times[m] - then) * step / silent
                            j = done[row, c]
                            while j < moments and times[j] <= now:
                                part = (times[j] - then) / np.float32(span)
                                charges[j, row, c] = count[row, c] + part * step
                                j += 1
                            done[row, c] = j
                            count[row, c] += step
                        before[row, c], last[row, c] = then, now
                    spikes >>= 1
                    c += 1


@njit(nogil=True, cache=True, error_model="numpy")
def extend_charge(  # type: ignore[no-untyped-def]
    length, times, gain, slope, count, last, before, done, charges, first_row, last_row
):
    """Charge at the times after the last spike, when all frames are read."""
    moments = len(times)
    for row in range(first_row, last_row):
        for c in range(count.shape[1]):
            end, left = last[row, c], length - last[row, c]
            if end < 0:
                # Less than a threshold in all that time.
                for m in range(moments):
                    charges[m, row, c] = times[m] / (2 * length)
            elif before[row, c] < 0:
                silent = max(end, left)
                step = weight(silent, gain[row, c], slope[row, c]) / silent
                for m in range(moments):
                    charges[m, row, c] = (times[m] - end) * step
            else:
                span = end - before[row, c]
                step = weight(span, gain[row, c], slope[row, c])
                for m in range(done[row, c], moments):
                    charges[m, row, c] = count[row, c] + (times[m] - end) * step / max(span, left)

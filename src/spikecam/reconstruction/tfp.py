"""TFP, texture from playback: the mean firing rate in a window.

    P(t) = N / n,    N = spikes of the pixel in [t - n//2, t + n//2], n the window in frames

(Zhu et al., ICME 2019; SpikeGen Eq. 3, with its scaling constant C = 1.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numba import njit

from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.reconstruction.membrane import sliding_rate
from spikecam.rows import over_rows, pick, picture_blocks
from spikecam.stream import SpikeStream


def tfp(
    stream: SpikeStream, frames: range, *, window: int = 41, fpn: FixedPattern | None = None
) -> Iterator[Picture]:
    """Reconstruct ``frames`` by TFP; the cost does not depend on the window's length.

    Args:
        stream: the recording.
        frames: frame numbers, rising.
        window: odd number of frames.
        fpn: the camera's fixed pattern, corrected spike by spike.

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W): 1 where a pixel fired in every frame.

    Raises:
        RangeError: a window leaves the recording.
    """
    for frame in (frames[0], frames[-1]):
        stream.window(frame, window)
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
        corrected = partial(sliding_rate, stream, window=window, fpn=fpn)
        return pick(corrected, frames, alone=window)
    return pick(partial(_run, stream, window=window), frames, alone=window)


def _run(stream: SpikeStream, first: int, last: int, window: int) -> Iterator[Picture]:
    _, height, width = stream.shape
    start, stop = stream.window(first, window)
    counts = np.zeros((height, (width + 7) // 8 * 8), np.int32)
    counts[:, :width] = stream.count(start, stop)
    yield (counts[:, :width] / window).astype(np.float32)
    for pictures in picture_blocks(first + 1, last, stream.shape):
        n = len(pictures)
        entering, leaving = stream.rows(stop, stop + n), stream.rows(start, start + n)
        over_rows(_slide, height, entering, leaving, counts, window, pictures)
        yield from pictures
        start, stop = start + n, stop + n


@njit(nogil=True, cache=True, error_model="numpy")
def _slide(entering, leaving, counts, window, pictures, first_row, last_row):  # type: ignore[no-untyped-def]
    frames, _, width = pictures.shape
    for row in range(first_row, last_row):
        sums = counts[row]
        for i in range(frames):
            new, old = entering[i, row], leaving[i, row]
            for k in range(len(new)):
                for bit in range(8):
                    sums[8 * k + bit] += ((new[k] >> bit) & 1) - ((old[k] >> bit) & 1)
            picture = pictures[i, row]
            for column in range(width):
                picture[column] = np.float32(sums[column]) / np.float32(window)

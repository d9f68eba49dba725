"""Input of the networks of S-SDM: spikes in a window, or their firing rates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spikecam.stream import Span, SpikeStream


class SpikeCrop(NamedTuple):
    """A square crop of the spikes: its first row and column, and its side, in pixels."""

    top: int
    left: int
    side: int


def window_spikes(
    stream: SpikeStream, window: Span, crop: SpikeCrop | None = None
) -> npt.NDArray[np.uint8]:
    """Unpacked spikes of a window, zeros and ones, (T, H, W). They are the input of LDN.

    Args:
        stream: the recording.
        window: frames (start, stop).
        crop: a part of the grid, of which only the bytes that hold it are unpacked.
    """
    if crop is None:
        return np.asarray(stream[window[0] : window[1]]).copy()
    top, left, side = crop
    start, stop = left // 8, (left + side + 7) // 8
    packed = stream.packed_rows(*window)[:, top : top + side, start:stop]
    columns = slice(left - 8 * start, left - 8 * start + side)
    return np.unpackbits(packed, axis=2, bitorder="little")[:, :, columns]


def window_rates(
    stream: SpikeStream, window: Span, crop: SpikeCrop | None = None
) -> npt.NDArray[np.float32]:
    """Firing rates in a window, (H, W) in [0, 1].

    They are the input of BSN and EDSR before its gain.
    """
    if crop is None:
        counts = stream.count(*window).astype(np.float32)
    else:
        counts = window_spikes(stream, window, crop).sum(axis=0, dtype=np.float32)
    return np.asarray(counts / np.float32(window[1] - window[0]))

"""Firing rates of one moment in windows of several lengths, as maps for a network."""

from __future__ import annotations

import numpy as np
import torch

from spikecam.fixed_pattern import FixedPattern
from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.networks.membrane import Membrane
from spikecam.picture import Picture
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.reconstruction.refocuser_window import check_window
from spikecam.stream import Span, SpikeStream

# Packed bytes that are unpacked at a time.
_BLOCK_BYTES = 1 << 20


def multi_scale_rates(
    stream: SpikeStream,
    frame: int,
    window: int,
    config: RefocuserInputConfig | None = None,
    *,
    fpn: FixedPattern | None = None,
) -> Picture:
    """Firing rates around a frame in windows of several lengths. The last is the exact rate.

    All but the last are potentials of membranes (`spikecam.networks.membrane`), divided by the
    length of their windows. The last is the charge that was collected in the window to the fraction
    of a spike (`spikecam.reconstruction.cumulative_charge`), divided by its length: nearly exact of
    constant light; it is ours.

    Args:
        stream: the recording.
        frame: the moment.
        window: odd number of frames, at least ``config.min_window``.
        config: the windows, those of the network's weights.
        fpn: the camera's fixed pattern. Each spike then weighs gamma(x, y), as its pixel has it at
            its mean rate in the window (supplement of "Seeing Through Blur", Eq. 12); in the exact
            rate, as it has it at the interval that the spike ends.

    Returns:
        float32 (K + 1, H, W), in [0, 1]: K windows from long to short, and the exact rate.

    Raises:
        OptionError: a window that is no odd number of at least ``config.min_window``.
        RangeError: the window leaves the recording, or that is shorter than the smallest one.
        GeometryError: the fixed pattern is of another size.

    >>> light = SpikeStream.from_array(np.ones((51, 2, 3)))
    >>> multi_scale_rates(light, 25, 51)[:, 0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    config = config or RefocuserInputConfig()
    check_window(stream, window, config)
    start, stop = stream.window(frame, window)
    part = stream[start:stop]
    gamma = None
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
        rate = np.maximum(part.count() / np.float32(window), 0.5 / window)
        gamma = torch.from_numpy(fpn.interval_weight(1 / rate))[None, None]
    spans = multi_scale_spans(window, config)
    potentials = np.zeros((len(spans), *stream.shape[1:]), np.float32)
    for first, last in part.block_spans(_BLOCK_BYTES):
        spikes = torch.from_numpy(np.asarray(part[first:last]).copy())[None]
        inside = [(np.clip(span, first, last) - first).tolist() for span in spans]
        potentials += Membrane()(spikes, inside, gamma)[0].numpy()
    lengths = np.array([b - a for a, b in spans], np.float32)[:, None, None]
    charge = np.diff(cumulative_charge(part, [0, window], fpn=fpn), axis=0) / np.float32(window)
    rates: Picture = np.clip(np.concatenate([potentials / lengths, charge]), 0, 1)
    # Where nothing fired, nothing is known to have been there.
    rates[-1][rates[0] == 0] = 0
    if fpn is not None:
        fpn.fill_bad_pixels(rates)
    return rates


def multi_scale_spans(window: int, config: RefocuserInputConfig | None = None) -> list[Span]:
    """Spans (start, stop) of an odd window and of its shorter parts around the same frame.

    >>> multi_scale_spans(51)
    [(0, 51), (12, 39), (19, 32), (22, 29)]
    """
    middle = window // 2
    divisors = (config or RefocuserInputConfig()).window_divisors
    halves = [round(window / divisor) // 2 for divisor in divisors]
    return [(middle - half, middle + half + 1) for half in halves]

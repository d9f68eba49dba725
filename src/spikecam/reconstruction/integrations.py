"""Rates of one moment over several lengths of time, from long to short, for a network."""

from __future__ import annotations

import numpy as np
import torch

from spikecam.camera.fixed_pattern import FixedPattern
from spikecam.networks.membrane import Membrane
from spikecam.picture import Picture
from spikecam.reconstruction.cumulated import cumulated_charge
from spikecam.stream import Span, SpikeStream

# The spans are a whole window, and these parts of it, around the same frame.
SHARES = (1, 2, 4, 8)
# The shortest span has this many frames.
SHORTEST = 3


def integrations(
    stream: SpikeStream, frame: int, window: int, *, fpn: FixedPattern | None = None
) -> Picture:
    """Firing rates over a window, a half, a quarter and an eighth of it, and the exact one.

    The first four are potentials of membranes (`spikecam.networks.Membrane`) by the length of their
    spans. The last is the charge that was collected in the window to the fraction of a spike
    (`spikecam.reconstruction.cumulated`), by its length: of constant light it is hardly off.

    Args:
        stream: the recording.
        frame: the moment.
        window: odd number of frames, at least 24.
        fpn: the camera's fixed pattern. Each spike then weighs gamma(x, y), as its pixel has it at
            its mean rate in the window (supplement of "Seeing Through Blur", Eq. 12); in the exact
            rate, as it has it at the interval that the spike ends.

    Returns:
        float32 (5, H, W) in [0, 1].

    Raises:
        RangeError: the window leaves the recording.
        GeometryError: the fixed pattern is of another size.

    >>> light = SpikeStream.from_array(np.ones((51, 2, 3)))
    >>> integrations(light, 25, 51)[:, 0, 0].tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    start, stop = stream.window(frame, window)
    seen = stream[start:stop]
    gamma = None
    if fpn is not None:
        fpn.check_shape(stream.shape[1:])
        rate = np.maximum(seen.count() / np.float32(window), 0.5 / window)
        gamma = torch.from_numpy(fpn.weight(1 / rate))[None, None]
    spans = spans_of(window)
    spikes = torch.from_numpy(np.asarray(seen))[None]
    potentials = Membrane()(spikes, spans, gamma)[0].numpy()
    lengths = np.array([b - a for a, b in spans], np.float32)[:, None, None]
    charge = np.diff(cumulated_charge(seen, [0, window], fpn=fpn), axis=0) / np.float32(window)
    rates = np.clip(np.concatenate([potentials / lengths, charge]), 0, 1)
    # Where nothing fired, nothing is known to have been there.
    rates[-1][rates[0] == 0] = 0
    return rates if fpn is None else fpn.fill(rates)


def spans_of(window: int) -> list[Span]:
    """Frames (start, stop) of the spans in a window of odd length, from long to short.

    >>> spans_of(51)
    [(0, 51), (12, 39), (19, 32), (22, 29)]
    """
    middle = window // 2
    halves = [max(SHORTEST, round(window / share)) // 2 for share in SHARES]
    return [(middle - half, middle + half + 1) for half in halves]


def looked_at(rates: Picture) -> float:
    """The mean rate of a scene, by which a network scales what it sees."""
    return float(rates[-1].mean())

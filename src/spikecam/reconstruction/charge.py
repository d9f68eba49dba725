"""Light collected in windows, in thresholds: spikes counted to the fraction.

A pixel collects one threshold of charge from spike to spike, so that an interval which the
window's edge cuts belongs to it in part (`spikecam.reconstruction.cumulated`). Light that is
constant between two spikes is measured exactly, where the plain count is off by up to one spike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from spikecam.camera.fixed_pattern import FixedPattern
from spikecam.reconstruction.cumulated import Cumulated, cumulated_charge
from spikecam.reconstruction.tfi import REACH
from spikecam.stream import Span, SpikeStream

# Charges that are held at a time; windows beyond that take another walk through the spikes.
_HELD_BYTES = 64 << 20


def charges(
    stream: SpikeStream, spans: Sequence[Span], *, fpn: FixedPattern | None = None
) -> Iterator[Cumulated]:
    """Thresholds of charge that every pixel collected in each of ``spans``, (H, W) one by one.

    Args:
        stream: the recording; spikes are searched for `REACH` frames around what is asked for.
        spans: frames (start, stop), best in an order in which near ones follow each other.
        fpn: the camera's fixed pattern: each spike then counts as what it weighs.

    >>> light = SpikeStream.from_array(np.tile([0, 0, 0, 1], 5).reshape(20, 1, 1))
    >>> [float(charge[0, 0]) for charge in charges(light, [(2, 3), (3, 12)])]
    [0.25, 2.25]
    """
    together = max(1, _HELD_BYTES // (8 * stream.height * stream.width))
    for first in range(0, len(spans), together):
        some = spans[first : first + together]
        edges = np.unique(some)
        start = max(0, edges[0] - REACH)
        part = stream[start : min(edges[-1] + REACH, len(stream))]
        held = cumulated_charge(part, edges - start, fpn=fpn)
        for begin, end in np.searchsorted(edges, some):
            yield held[end] - held[begin]

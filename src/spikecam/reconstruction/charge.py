"""Light collected in windows, in thresholds: spikes counted to the fraction.

A pixel collects one threshold of charge from spike to spike, so that an interval which the
window's edge cuts belongs to it in part (`spikecam.reconstruction.cumulative_charge`).
Light that is constant between two spikes is measured exactly, where the plain count is off by up to
one spike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

import numpy as np

from spikecam.fixed_pattern import FixedPattern
from spikecam.reconstruction.cumulative_charge import Charge, cumulative_charge
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES
from spikecam.stream import Span, SpikeStream

# Windows that begin in the same so many frames share a walk through the spikes.
_SHARED = 256
# Charges that are held at a time; windows beyond that take another walk.
_HELD_BYTES = 64 << 20


def iter_span_charges(
    stream: SpikeStream, spans: Sequence[Span], *, fpn: FixedPattern | None = None
) -> Iterator[Charge]:
    """Yield the charge that every pixel collected in each span, in thresholds, (H, W).

    The charge of a window does not depend on which others are asked for.

    Args:
        stream: the recording; spikes are searched for at least `REACH_FRAMES` frames around a
            window.
        spans: frames (start, stop), best in an order in which near ones follow each other.
        fpn: the camera's fixed pattern: each spike then counts as what it weighs.

    Raises:
        RangeError: a window leaves the recording.

    >>> light = SpikeStream.from_array(np.tile([0, 0, 0, 1], 5).reshape(20, 1, 1))
    >>> [float(charge[0, 0]) for charge in iter_span_charges(light, [(2, 3), (3, 12)])]
    [0.25, 2.25]
    """
    for start, stop in spans:
        # Refused as a part of the recording, by its own numbers.
        stream[start:stop]
    together = max(1, _HELD_BYTES // (8 * stream.height * stream.width))
    for (first, last), group in groupby(spans, key=partial(_widen_to_search_span, len(stream))):
        part, near = stream[first:last], np.asarray(list(group)) - first
        for begin in range(0, len(near), together):
            some = near[begin : begin + together]
            edges = np.unique(some)
            charges = cumulative_charge(part, edges, fpn=fpn)
            for start, stop in np.searchsorted(edges, some):
                yield charges[stop] - charges[start]


def _widen_to_search_span(recording_length: int, span: Span) -> Span:
    """Widen a span to the frames in which its spikes are searched for."""
    start, stop = span
    if stop - start <= _SHARED:
        start = start // _SHARED * _SHARED
        stop = start + 2 * _SHARED
    return max(0, start - REACH_FRAMES), min(stop + REACH_FRAMES, recording_length)

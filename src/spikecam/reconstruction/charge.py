"""Light collected in a window, in thresholds: spikes counted to the fraction.

A pixel collects one threshold of charge from spike to spike, so that an interval which the
window's edge cuts belongs to it in part. For frames [a, b)

    N = spikes in [a, b) + phi(b) - phi(a),    phi(e) = (e - 1 - p) / (n - p),

with p the last spike before frame e and n the first one from it on, as in TFI. Light that is
constant between two spikes is measured exactly, where the plain count is off by up to one spike.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.camera.fixed_pattern import FixedPattern
from spikecam.reconstruction.membrane import weighed_count
from spikecam.reconstruction.tfi import REACH, enclosing_spikes
from spikecam.stream import SpikeStream

Thresholds = npt.NDArray[np.float32]


def charge(
    stream: SpikeStream,
    start: int,
    stop: int,
    *,
    reach: int = REACH,
    fpn: FixedPattern | None = None,
) -> Thresholds:
    """Thresholds of charge that every pixel collected in frames [start, stop), (H, W).

    Args:
        stream: the recording.
        start, stop: the frames.
        reach: frames on each side of an edge within which a spike is searched for (see `tfi`).
        fpn: the camera's fixed pattern: each spike then counts as what it weighs.
    """
    if fpn is None:
        total: Thresholds = stream.count(start, stop).astype(np.float32)
    else:
        total = weighed_count(stream, start, stop, fpn).astype(np.float32)
    total += _phase(stream, stop, reach, fpn)
    total -= _phase(stream, start, reach, fpn)
    return total.clip(0)


def _phase(stream: SpikeStream, edge: int, reach: int, fpn: FixedPattern | None) -> Thresholds:
    previous, following = enclosing_spikes(stream, edge, reach)
    interval: Thresholds = np.subtract(following, previous, dtype=np.float32)
    phase: Thresholds = np.divide(-1 - previous, interval, dtype=np.float32)
    return phase if fpn is None else phase * fpn.weight(np.minimum(interval, REACH))

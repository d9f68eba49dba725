"""Light collected since the beginning, in thresholds, at any moments: all windows at once.

Spike k ends the k-th threshold of charge; between two spikes light is taken to be constant, as TFI
does. The charge Q(e) at time e, with frame i the time from i to i + 1, is then a line through the
points (time of spike k, k), and what a window (a, b) collected is Q(b) - Q(a), to the fraction of a
spike. Before a pixel's first spike and after its last, the nearest interval goes on, or is longer
where the silence is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.errors import RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.reconstruction.membrane_kernels import collect_charge_at_times, extrapolate_charge
from spikecam.rows import run_over_rows
from spikecam.stream import SpikeStream

Charge = npt.NDArray[np.float32]


def cumulative_charge(
    stream: SpikeStream, times: npt.ArrayLike, *, fpn: FixedPattern | None = None
) -> Charge:
    """Charge that every pixel collected until each of ``times``, in thresholds, up to a constant.

    Args:
        stream: the recording, or the part of it that matters: all of it is read.
        times: in frames from its start, (K,), rising, with fractions.
        fpn: the camera's fixed pattern: each spike then counts as what it weighs.

    Returns:
        (K, H, W); only differences mean something.

    Raises:
        RangeError: times that fall, or lie outside the recording.

    >>> light = SpikeStream.from_array(np.tile([0, 0, 0, 1], 5).reshape(20, 1, 1))
    >>> np.diff(cumulative_charge(light, [2, 3, 9.5])[:, 0, 0]).tolist()
    [0.25, 1.625]
    """
    times = np.asarray(times, np.float32)
    if not (np.diff(times) >= 0).all() or times.min() < 0 or times.max() > len(stream):
        raise RangeError(f"times rise from 0 to {len(stream)}, the end of the recording")
    _, height, width = stream.shape
    columns = (width + 7) // 8 * 8
    charges = np.empty((len(times), height, columns), np.float32)
    gain, slope = np.ones((height, columns), np.float32), np.zeros((height, columns), np.float32)
    dead_frames = 1
    if fpn is not None:
        fpn.check_shape((height, width))
        dead_frames = int(fpn.dead_frame)
        gain[:, :width], slope[:, :width] = fpn.gain, fpn.slope
    count = np.zeros((height, columns), np.float32)
    # The times of the last spike and of the one before, -1 for none; the moments that are behind.
    last, before = np.full((2, height, columns), -1, np.int32)
    done = np.zeros((height, columns), np.int32)
    state = (times, gain, slope, dead_frames, count, last, before, done, charges)
    for start, stop in stream.block_spans():
        run_over_rows(
            collect_charge_at_times, height, stream.packed_rows(start, stop), start, *state
        )
    run_over_rows(extrapolate_charge, height, len(stream), *state)
    return charges[:, :, :width]

"""Rolling shutter: every row of a photograph is exposed a little later than the one above.

The exposure (start, stop) is that of the first row, and the row at height y of h is exposed during

    start + d(y), stop + d(y),    d(y) = readout y / h

with the read-out time in frames of spikes, negative where rows are read from below.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.pair_check import band_pass, correlation_of
from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.reconstruction.charge import iter_span_charges
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES
from spikecam.resources import check_memory
from spikecam.stream import Span, SpikeStream

Floats = npt.NDArray[np.float64]

# Rows are put into so many groups, each of which is exposed at one time.
_ROW_GROUPS = 64
_GROUPS_AT_A_TIME = 8
# Shortest exposure of a row that leaves the recording, in frames.
MIN_ROW_EXPOSURE = 1e-3
# Read-out times that are tried, as shares of the exposure, and times at which charge is read.
_CANDIDATE_SHARES = np.linspace(-1.5, 1.5, 61)
_TIMES = 129
# Gain in correlation over a global shutter from which a rolling one is told from it.
_MIN_GAIN = 0.003


def row_delays(row_count: int, readout: float) -> Floats:
    """Delay of the exposure of each row in frames, (H,)."""
    return readout * (np.arange(row_count) + 0.5) / row_count


def exposure_rate(
    stream: SpikeStream,
    exposure: Span,
    *,
    readout: float = 0.0,
    fpn: FixedPattern | None = None,
) -> Picture:
    """Firing rate during the exposure of a picture, float32 (H, W).

    Args:
        stream: the recording.
        exposure: frames (start, stop) of the first row; rows leave the recording where it ends.
        readout: frames until the last row is exposed.
        fpn: fixed pattern of the spike camera.

    Raises:
        GeometryError: the fixed pattern is of another size.
    """
    start, stop = exposure
    if not readout:
        [charge] = iter_span_charges(stream, [exposure], fpn=fpn)
        return charge / np.float32(stop - start)
    delays = row_delays(stream.height, readout)
    ends = np.clip(np.array([[start], [stop]]) + delays, 0, len(stream))
    first = max(0, math.floor(ends.min()) - REACH_FRAMES)
    part = stream[first : min(len(stream), math.ceil(ends.max()) + REACH_FRAMES)]
    rate = np.empty(stream.shape[1:], np.float32)
    groups = np.array_split(np.arange(stream.height), min(_ROW_GROUPS, stream.height))
    # Some groups at a time, so that few maps of charge are held.
    for several in (
        groups[k : k + _GROUPS_AT_A_TIME] for k in range(0, len(groups), _GROUPS_AT_A_TIME)
    ):
        middles = [ends[:, rows].mean(axis=1) - first for rows in several]
        times, indices = np.unique(np.concatenate(middles), return_inverse=True)
        charges = cumulative_charge(part, times, fpn=fpn)
        for rows, (begin, end) in zip(several, indices.reshape(-1, 2), strict=True):
            length = np.float32(max(times[end] - times[begin], MIN_ROW_EXPOSURE))
            rate[rows] = (charges[end, rows] - charges[begin, rows]) / length
    return rate


def estimate_readout(
    picture: BlurryPicture, stream: SpikeStream, exposure: Span, *, first_row: float = 0.0
) -> float:
    """Estimate the read-out time of a rolling shutter, in frames.

    It is that for which picture and firing rate have the same local contrast, by correlation.

    Args:
        picture: the blurry picture, with its encoding.
        stream: the recording of the same view.
        exposure: frames (start, stop) of one row.
        first_row: which row that is, from 0.

    Returns:
        The read-out time; 0 where a global shutter fits as well.
    """
    start, stop = exposure
    length = stop - start
    reach = float(np.abs(_CANDIDATE_SHARES).max()) * length
    lowest = max(0, math.floor(start - reach) - REACH_FRAMES)
    part = stream[lowest : min(len(stream), math.ceil(stop + reach) + REACH_FRAMES)]
    first, last = max(0.0, start - reach), min(float(len(stream)), stop + reach)
    check_memory(
        4 * _TIMES * stream.height * stream.width,
        "estimating the read-out time",
        "give it as a number of frames",
    )
    charges = cumulative_charge(part, np.linspace(first, last, _TIMES) - lowest)
    target = band_pass(picture.gray_light((stream.height, stream.width)))
    rows = np.arange(stream.height)

    def correlation(readout: float) -> float:
        delays = readout * (rows - first_row) / stream.height
        ends = []
        for end in (start, stop):
            position = np.clip(end + delays, first, last)
            position = (position - first) / max(last - first, 1e-9) * (_TIMES - 1)
            index = np.minimum(position.astype(int), _TIMES - 2)
            fraction = (position - index).astype(np.float32)[:, None]
            before, after = charges[index, rows], charges[index + 1, rows]
            ends.append(before + fraction * (after - before))
        inside = np.clip(stop + delays, first, last) - np.clip(start + delays, first, last)
        rate = (ends[1] - ends[0]) / np.maximum(inside, MIN_ROW_EXPOSURE).astype(np.float32)[
            :, None
        ]
        return correlation_of(band_pass(rate), target)

    candidates = _CANDIDATE_SHARES * length
    scores = np.array([correlation(readout) for readout in candidates])
    best = int(scores.argmax())
    if not scores[best] - correlation(0.0) >= _MIN_GAIN:
        return 0.0
    fine = np.linspace(
        candidates[max(best - 1, 0)], candidates[min(best + 1, len(candidates) - 1)], 21
    )
    return float(max(fine, key=correlation))

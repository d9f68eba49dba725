"""Rolling shutter: every row of a photograph is exposed a little later than the one above.

The exposure (start, stop) is that of the first row, and the row at height y of h is exposed during

    start + d(y), stop + d(y),    d(y) = readout y / h

with the read-out time in frames of spikes, negative where rows are read from below.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.pair_check import band_pass
from spikecam.fixed_pattern import FixedPattern
from spikecam.orientation import Orientation
from spikecam.picture import Picture
from spikecam.reconstruction.charge import iter_span_charges
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.stream import Span, SpikeStream

Floats = npt.NDArray[np.float64]

# Rows are put into so many groups, each of which is exposed at one time.
_ROW_GROUPS = 64
# Read-out times that are tried, as shares of the exposure, and times at which charge is read.
_TRIED_SHARES = np.linspace(-1.5, 1.5, 61)
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
    """
    start, stop = exposure
    if not readout:
        [charge] = iter_span_charges(stream, [exposure], fpn=fpn)
        return charge / np.float32(stop - start)
    rate = np.empty(stream.shape[1:], np.float32)
    for rows in np.array_split(np.arange(stream.height), min(_ROW_GROUPS, stream.height)):
        delay = float(row_delays(stream.height, readout)[rows].mean())
        times = np.clip([start + delay, stop + delay], 0, len(stream))
        crop = Orientation(crop=((int(rows[0]), int(rows[-1]) + 1), (0, stream.width)))
        part_fpn = None if fpn is None else fpn.orient(crop)
        begin, end = cumulative_charge(stream.orient(crop), times, fpn=part_fpn)
        rate[rows] = (end - begin) / np.float32(max(times[1] - times[0], 1e-3))
    return rate


def estimate_readout(picture: BlurryPicture, stream: SpikeStream, exposure: Span) -> float:
    """Estimate the read-out time of a rolling shutter, in frames.

    It is that for which picture and firing rate have the same local contrast, by correlation.

    Args:
        picture: the blurry picture, with its encoding.
        stream: the recording of the same view.
        exposure: frames (start, stop) of the first row.

    Returns:
        The read-out time; 0 where a global shutter fits as well.
    """
    start, stop = exposure
    length = stop - start
    reach = float(np.abs(_TRIED_SHARES).max()) * length
    first, last = max(0.0, start - reach), min(float(len(stream)), stop + reach)
    times = np.linspace(first, last, _TIMES)
    charges = cumulative_charge(stream, times)
    target = band_pass(picture.gray_light((stream.height, stream.width)))
    rows = np.arange(stream.height)

    def correlation(readout: float) -> float:
        delays = row_delays(stream.height, readout)
        ends = []
        for end in (start, stop):
            position = np.clip(end + delays, first, last)
            position = (position - first) / max(last - first, 1e-9) * (_TIMES - 1)
            index = np.minimum(position.astype(int), _TIMES - 2)
            fraction = (position - index).astype(np.float32)[:, None]
            before, after = charges[index, rows], charges[index + 1, rows]
            ends.append(before + fraction * (after - before))
        inside = np.clip(stop + delays, first, last) - np.clip(start + delays, first, last)
        rate = (ends[1] - ends[0]) / np.maximum(inside, 1e-3).astype(np.float32)[:, None]
        return float(np.corrcoef(band_pass(rate).ravel(), target.ravel())[0, 1])

    tried = _TRIED_SHARES * length
    scores = np.array([correlation(readout) for readout in tried])
    best = int(scores.argmax())
    if scores[best] - correlation(0.0) < _MIN_GAIN:
        return 0.0
    fine = np.linspace(tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)], 21)
    return float(max(fine, key=correlation))

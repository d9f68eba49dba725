"""Estimate of the exposure of a picture among the frames of a recording.

What moves is blurred in the picture as in the mean rate of the spikes over the same frames. The
exposure is the span whose charge correlates best with the light of the picture in local contrast:
with b(t) the band-passed charge collected until frame t and p the band-passed picture, both
without mean and p of length 1,

    correlation(start, stop) = p . (b(stop) - b(start)) / |b(stop) - b(start)|

All spans between some times are judged at once, from the products of the b(t) with each other and
with p: first times all over the recording, then frames around the best span.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.pair_check import band_pass
from spikecam.reconstruction.charge import iter_span_charges
from spikecam.stream import Span, SpikeStream

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int_]

# Times all over the recording, and times around each end of the best span.
_COARSE_TIMES, _FINE_TIMES = 129, 33
# Shortest exposure, in frames, and in steps between times.
_MIN_FRAMES, _MIN_STEPS = 3, 2
# Pixels that are compared at most.
_MAX_PIXELS = 20_000
# Gain in correlation over the whole recording from which a span is told from it.
_MIN_GAIN = 0.008


def estimate_exposure(picture: BlurryPicture, stream: SpikeStream) -> Span:
    """Estimate the frames (start, stop) during which a picture was exposed.

    Args:
        picture: the blurry picture, with its encoding.
        stream: the recording of the same view.

    Returns:
        The best span, or the whole recording where no span fits better: nothing moves, or the
        picture was exposed for all of it.
    """
    whole = 0, len(stream)
    step = max(1, math.ceil(len(stream) / (_COARSE_TIMES - 1)))
    times = np.unique([*range(0, len(stream), step), len(stream)])
    span, correlation, of_all = _best_span(picture, stream, times, times, step)
    if step > 1:
        reach = max(1, math.ceil(2 * step / (_FINE_TIMES - 1)))
        starts, stops = (
            np.unique(np.clip(np.arange(end - step, end + step + 1, reach), *whole)) for end in span
        )
        span, correlation, _ = _best_span(picture, stream, starts, stops, 1)
    if correlation - of_all < _MIN_GAIN:
        return whole
    return span


def _best_span(
    picture: BlurryPicture, stream: SpikeStream, starts: Times, stops: Times, step: int
) -> tuple[Span, float, float]:
    """The span that correlates best, its correlation, and that of the longest span."""
    times = np.unique(np.concatenate([starts, stops])).astype(int)
    bands, target = _bands(picture, stream, times)
    products, energies = bands @ target, bands @ bands.T
    begins, ends = np.isin(times, starts), np.isin(times, stops)
    energy = np.diag(energies)
    difference = energy[None] + energy[:, None] - 2 * energies
    correlation = (products[None] - products[:, None]) / np.sqrt(np.maximum(difference, 1e-12))
    shortest = max(_MIN_FRAMES, _MIN_STEPS * step if step > 1 else 0)
    is_candidate = (times[None] - times[:, None] >= shortest) & begins[:, None] & ends[None]
    of_all = float(correlation[0, -1])
    correlation = np.where(is_candidate, correlation, -1.0)
    start, stop = np.unravel_index(int(correlation.argmax()), correlation.shape)
    return (int(times[start]), int(times[stop])), float(correlation[start, stop]), of_all


def _bands(picture: BlurryPicture, stream: SpikeStream, times: Times) -> tuple[Floats, Floats]:
    """Bands of the charge until each time, (K, N), from the first on, and that of the picture."""
    shape = stream.height, stream.width
    stride = max(1, math.ceil(math.sqrt(stream.height * stream.width / _MAX_PIXELS)))

    def band(light: npt.NDArray[np.float32]) -> Floats:
        values = band_pass(light)[::stride, ::stride].ravel().astype(np.float64)
        return np.asarray(values - values.mean())

    spans = list(zip(times[:-1].tolist(), times[1:].tolist(), strict=True))
    steps = [band(charge) for charge in iter_span_charges(stream, spans)]
    target = band(picture.gray_light(shape))
    length = max(float(np.sqrt(target @ target)), 1e-12)
    return np.cumsum([np.zeros_like(target), *steps], axis=0), target / length

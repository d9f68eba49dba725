"""Self-supervised score of a deblurring network: its error at pixels whose spikes it does not see.

As in Noise2Void (Krull et al. 2019): at every third pixel each way, the network's input is computed
from the neighbouring pixels. From one of its own spikes to another, such a pixel collected a whole
number of thresholds, and the light of the blurry picture gives that of a threshold. That measures
the light in between without any blur, and with noise of the pixel alone, which no network can
predict. Of two networks, the one whose pictures come closer to it is better; no truth is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spikecam.data.pairs import Pair
from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.deblurring.refiner_deblurrer import RefinerDeblurrer
from spikecam.errors import SpikecamError
from spikecam.exposure import resolve_exposure
from spikecam.frames import evenly_spaced_frames
from spikecam.networks.refiner import Refiner
from spikecam.picture import Picture

# Pixels from one that is held out to the next.
HOLDOUT_STRIDE = 3
# Intervals of an exposure over which light is measured.
_INTERVALS = 6


def heldout_pixel_error(network: Refiner, pairs: Sequence[Pair], *, moments: int = 25) -> float:
    """Mean absolute error of a deblurring network at held-out pixels, in gray levels 0 to 1.

    Not the mean square, which a few spurious spikes would dominate.

    Args:
        network: on any device.
        pairs: that it was not trained with.
        moments: frames of each exposure that are deblurred; light is interpolated between them.

    Raises:
        SpikecamError: no held-out pixel fires twice during its exposure.
    """
    errors, weights = [], []
    for pair in pairs:
        stream, blur = pair.stream(), BlurryPicture(pair.blurry_picture(), pair.encoding)
        span = resolve_exposure(stream)
        heldout = np.zeros(stream.shape[1:], np.bool_)
        heldout[1:-1:HOLDOUT_STRIDE, 1:-1:HOLDOUT_STRIDE] = True
        ratios = LogRateRatios(stream, span, network.input_config, masked_pixels=heldout)
        picture = RefinerDeblurrer(network, blur, ratios)
        frames = evenly_spaced_frames(stream, min(moments, span[1] - span[0]), span, window=1)
        light = np.stack(
            [_gray_light(picture.deblur(frame), blur, heldout.shape)[heldout] for frame in frames]
        )
        with np.errstate(divide="ignore"):
            rate = LogRateRatios(stream, span, network.input_config).rate
            thresholds = blur.gray_light(heldout.shape)[heldout] / rate[heldout]
        every, spikes = np.arange(*span), stream.read(*span)[:, heldout]
        for pixel, fired, threshold in zip(light.T, spikes.T, thresholds, strict=True):
            residuals, length = light_residuals(np.interp(every, frames, pixel), fired, threshold)
            errors += list(residuals)
            weights += list(length)
    if not errors:
        raise SpikecamError(
            "the held-out captures are too dark for a score: no pixel that was looked at fires "
            "twice while its picture is exposed; give captures with more light"
        )
    return float(np.average(np.abs(errors), weights=weights))


def light_residuals(
    light: npt.NDArray[np.float64], fired: npt.NDArray[np.uint8], threshold: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int_]]:
    """Predicted light of a pixel less the light that its spikes measure, interval by interval.

    Intervals lie between spikes a sixth of the exposure apart, or more where the pixel fires less.

    Args:
        light: of every frame, (T,).
        fired: 0 or 1, (T,).
        threshold: light that makes a spike.

    Returns:
        Residuals of the mean light, and numbers of frames, of each interval; none of a pixel of
        fewer than two spikes.

    >>> fired = np.tile([0, 0, 0, 1], 10)
    >>> light_residuals(np.full(40, 0.6), fired, 2.0)
    (array([0.1, 0.1, 0.1, 0.1, 0.1]), array([8, 8, 8, 4, 8]))
    """
    spikes = np.flatnonzero(fired)
    if len(spikes) < 2:
        return np.empty(0), np.empty(0, np.int_)
    edges = np.arange(spikes[0], spikes[-1], len(light) / _INTERVALS)
    ends = np.unique(np.append(np.searchsorted(spikes, edges), len(spikes) - 1))
    length = np.diff(spikes[ends])
    collected = np.concatenate([[0.0], np.cumsum(light)])[spikes[ends]]
    return (np.diff(collected) - np.diff(ends) * threshold) / length, length


def _gray_light(values: Picture, blur: BlurryPicture, shape: tuple[int, int]) -> Maps:
    """Light on the grid of the spikes of a sharp picture that is encoded as the blurry one."""
    return BlurryPicture(values, blur.encoding).gray_light(shape)

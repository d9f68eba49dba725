"""How well a deblurred film foretells spikes that the network did not see; no truth is needed.

As in Noise2Void (Krull et al. 2019): at every third pixel each way, all that the network is told of
the spikes is taken from the pixels around. There, from one of its spikes to another, a pixel
collected a whole number of thresholds, each as much light as the blurry picture tells. That is a
measure of the light between which nothing has blurred, and whose noise is the pixel's own, not to
be foretold. Of two networks, the one whose film comes closer to it is better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spikecam.data.pairs import PICTURE_SCALE, Pair
from spikecam.deblurring.ratios import Maps, Ratios
from spikecam.deblurring.refined_picture import RefinedPicture
from spikecam.errors import SpikecamError
from spikecam.exposure import resolve_exposure
from spikecam.frames import evenly_spaced_frames
from spikecam.gray import as_gray
from spikecam.networks.refiner import Refiner
from spikecam.picture import Picture

# Pixels from one that is hidden to the next.
_APART = 3
# Of an exposure.
_PIECES = 6


def blind_error(network: Refiner, pairs: Sequence[Pair], *, moments: int = 25) -> float:
    """Mean absolute error at hidden pixels, in gray levels from 0 to 1.

    Not its square, which would be that of a few spikes without cause.

    Args:
        network: on any device.
        pairs: that it was not trained with.
        moments: frames of each exposure that are deblurred; between them the film is interpolated.

    Raises:
        SpikecamError: no hidden pixel fires twice during its exposure.
    """
    errors, weights = [], []
    for pair in pairs:
        stream, blur = pair.stream(), pair.blurry_picture()
        span = resolve_exposure(stream)
        hidden = np.zeros(stream.shape[1:], np.bool_)
        hidden[1:-1:_APART, 1:-1:_APART] = True
        picture = RefinedPicture(network, blur, Ratios(stream, span, hidden=hidden))
        frames = evenly_spaced_frames(stream, min(moments, span[1] - span[0]), span, window=1)
        film = np.stack([coarse_gray(picture.sharp(frame))[hidden] for frame in frames])
        with np.errstate(divide="ignore"):
            thresholds = coarse_gray(blur)[hidden] / Ratios(stream, span).rate[hidden]
        every, spikes = np.arange(*span), stream.read(*span)[:, hidden]
        for pixel, fired, threshold in zip(film.T, spikes.T, thresholds, strict=True):
            missed, length = missed_light(np.interp(every, frames, pixel), fired, threshold)
            errors += list(missed)
            weights += list(length)
    if not errors:
        raise SpikecamError(
            "the held-out captures are too dark to judge by: no pixel that was looked at fires "
            "twice while its picture is exposed; give captures with more light"
        )
    return float(np.average(np.abs(errors), weights=weights))


def missed_light(
    light: npt.NDArray[np.float64], fired: npt.NDArray[np.uint8], threshold: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int_]]:
    """By how much the light of a pixel misses what its spikes tell, and during how many frames.

    Told between spikes a sixth of the exposure apart, or more where it fires less.

    Args:
        light: of every frame, (T,).
        fired: 0 or 1, (T,).
        threshold: light that makes a spike.

    Returns:
        Mean light less what was measured, and frames, for each such piece; none of a pixel of fewer
        than two spikes.

    >>> fired = np.tile([0, 0, 0, 1], 10)
    >>> missed_light(np.full(40, 0.6), fired, 2.0)
    (array([0.1, 0.1, 0.1, 0.1, 0.1]), array([8, 8, 8, 4, 8]))
    """
    spikes = np.flatnonzero(fired)
    if len(spikes) < 2:
        return np.empty(0), np.empty(0, np.int_)
    edges = np.arange(spikes[0], spikes[-1], len(light) / _PIECES)
    ends = np.unique(np.append(np.searchsorted(spikes, edges), len(spikes) - 1))
    length = np.diff(spikes[ends])
    collected = np.concatenate([[0.0], np.cumsum(light)])[spikes[ends]]
    return (np.diff(collected) - np.diff(ends) * threshold) / length, length


def coarse_gray(picture: Picture) -> Maps:
    """Gray on the grid of the spikes, a quarter as fine."""
    gray = as_gray(picture)
    rows, columns = (side // PICTURE_SCALE for side in gray.shape)
    coarse: Maps = gray.reshape(rows, PICTURE_SCALE, columns, PICTURE_SCALE).mean((1, 3))
    return coarse

"""How well deblurred pictures foretell spikes that the network did not see; no truth is needed.

As in Noise2Void (Krull et al. 2019): at every third pixel each way, all that the network is told of
the spikes is taken from the pixels around. What the pixel itself measured, SDM's ratio, then has
noise of its own, which no network can foretell: of two networks, the one whose pictures come
closer to it is better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spikecam.camera.light import as_gray
from spikecam.data.layouts import SCALE, Pair
from spikecam.deblurring.methods import exposure_of, spread_frames
from spikecam.deblurring.ratios import Maps, Ratios
from spikecam.deblurring.refined import RefinedPicture
from spikecam.networks.refiner import Refiner
from spikecam.picture import Picture

# Pixels from one that is hidden to the next.
_APART = 3


def blind_error(network: Refiner, pairs: Sequence[Pair], *, moments: int = 3) -> float:
    """Root mean square error at hidden pixels, in gray levels from 0 to 1.

    Args:
        network: on any device.
        pairs: that it was not trained with.
        moments: how many of each exposure.
    """
    errors = []
    for pair in pairs:
        stream, blur = pair.stream(), pair.blurry_picture()
        span = exposure_of(stream)
        hidden = np.zeros(stream.shape[1:], np.bool_)
        hidden[1:-1:_APART, 1:-1:_APART] = True
        told, measured = Ratios(stream, span, hidden=hidden), Ratios(stream, span)
        picture, light = RefinedPicture(network, blur, told), coarse_gray(blur)
        for frame in spread_frames(stream, moments, span):
            # White is as bright as a picture gets, whatever the spikes say.
            seen = np.minimum(np.exp(measured.sdm(frame)) * light, 1)
            miss = coarse_gray(picture.sharp(frame)) - seen
            errors.append(float(np.mean(miss[hidden] ** 2, dtype=np.float64)))
    return float(np.sqrt(np.mean(errors)))


def coarse_gray(picture: Picture) -> Maps:
    """Gray on the grid of the spikes, a quarter as fine."""
    gray = as_gray(picture)
    rows, columns = (side // SCALE for side in gray.shape)
    coarse: Maps = gray.reshape(rows, SCALE, columns, SCALE).mean((1, 3))
    return coarse

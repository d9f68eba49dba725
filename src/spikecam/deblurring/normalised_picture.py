"""Brightness and highlights of a blurry picture, made the same for a network and undone after it.

A network that corrects pictures sees values from 0 to 1. Clipped whites are filled with the light
that the spikes saw; then light is multiplied by a gain that makes the brightest parts of the
picture white, so that neither a dark photograph nor light beyond white is new to the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecam.deblurring.blurry_picture import BlurryPicture, resize_by_area
from spikecam.encoding import Encoding
from spikecam.picture import Picture

# Light of the brightest part: pictures whose brightest part is between are left as they are.
_BRIGHT, _TARGET = 0.7, 0.9
# Largest gain: what is darker has no more levels to tell apart.
_MAX_GAIN = 500.0


@dataclass(frozen=True, eq=False)
class NormalisedPicture:
    """A blurry picture as a network sees it.

    Attributes:
        values: encoded, (h, w) or (h, w, 3) in [0, 1].
        gain: factor of its light.
        encoding: of the values.
    """

    values: Picture
    gain: float
    encoding: Encoding

    def normalise(self, light: Picture) -> Picture:
        """Values in [0, 1] of light in the picture's own units."""
        return np.minimum(self.encoding.encode(light * np.float32(self.gain)), 1)

    def restore(self, values: Picture) -> Picture:
        """Values in the picture's own units of normalised ones; they may exceed 1."""
        if self.gain == 1:
            return values
        return self.encoding.encode(self.encoding.decode(values) / np.float32(self.gain))


def normalise_picture(
    picture: BlurryPicture, rate: Picture, white_rate: float
) -> NormalisedPicture:
    """Fill the clipped whites of a picture and bring it to the brightness of networks.

    Args:
        picture: the picture.
        rate: firing rate in the exposure, (H, W).
        white_rate: firing rate of its white.
    """
    filled = picture.fill_clipped(rate, white_rate)
    brightest = filled.light.max(axis=2) if filled.light.ndim == 3 else filled.light
    # Single pixels do not decide.
    top = float(resize_by_area(brightest, rate.shape).max())
    gain = 1.0
    if top > 1:
        gain = 1 / top
    elif top < _BRIGHT:
        gain = min(_TARGET / max(top, 1e-6), _MAX_GAIN)
    values = filled.values if gain == 1 else filled.encoding.encode(filled.light * np.float32(gain))
    return NormalisedPicture(np.minimum(values, 1), gain, picture.encoding)

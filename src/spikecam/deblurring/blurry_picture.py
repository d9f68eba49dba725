"""A blurry picture beside spikes: its values, their encoding, and its light on the spikes' grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from spikecam.encoding import LINEAR, Encoding
from spikecam.picture import Picture

# Clipping has two limits. Where clipped whites are filled, the fill sets in gradually, so that no
# edge appears, from values that may be clipped: noise and compression leave white below 1. The
# measurement of an encoding leaves out pixels that surely are clipped; it needs those just below,
# which show the upper end of the curve.
_NEAR_WHITE, CLIPPED = 0.96, 0.985
# Light below which the ratio of rate and picture is noise.
_MIN_LIGHT = 0.02
# Firing rate of white where nothing fires.
_MIN_RATE = 1e-6
# Share by which spikes must see more light than a white pixel before it is filled: their noise.
_FILL_TOLERANCE = 0.03
# Brightest light that a clipped pixel is filled with, in units of white.
MAX_LIGHT = 8.0


@dataclass(frozen=True, eq=False)
class BlurryPicture:
    """A blurry picture and the encoding of its values.

    Attributes:
        values: stored values, float32 (h, w) or (h, w, 3), from 0; above 1 only where they are
            light.
        encoding: between the values and light.
        readout: frames of spikes from the exposure of the first row to that of the last, of a
            rolling shutter (see `spikecam.deblurring.rolling_shutter`).
    """

    values: Picture
    encoding: Encoding = LINEAR
    readout: float = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width, and 3 for colours."""
        return self.values.shape

    @cached_property
    def light(self) -> Picture:
        """Linear light of the picture, float32 of its shape; 1 is white."""
        return self.encoding.decode(self.values)

    def gray_light(self, shape: tuple[int, int]) -> Picture:
        """Light that the spike camera sees of the picture, averaged to a grid (H, W)."""
        gray = self.encoding.gray_light(self.light) if self.light.ndim == 3 else self.light
        return resize_by_area(gray, shape)

    def white_rate(self, rate: Picture) -> float:
        """Firing rate of light that is white in the picture.

        Args:
            rate: firing rate in the exposure, (H, W).

        Returns:
            Where the picture is white or black all over, the highest rate.
        """
        light, clipped = self.gray_light(rate.shape), self._clipped_share(rate.shape)
        usable = (light > _MIN_LIGHT) & (clipped < 0.01)
        if not usable.any():
            usable = (light > 0) & (clipped < 0.5)
        if not usable.any() or not rate[usable].any():
            return max(float(rate.max()), _MIN_RATE)
        return float(rate[usable].sum() / light[usable].sum())

    def fill_clipped(self, rate: Picture, white_rate: float) -> BlurryPicture:
        """Fill clipped whites with the light that the spikes saw there.

        Args:
            rate: firing rate in the exposure, (H, W).
            white_rate: see `white_rate`.

        Returns:
            A picture whose values may be above 1; the same one where nothing is clipped.
        """
        weight = _clipping_weight(self.values)
        if not weight.any():
            return self
        size = self.shape[1::-1]
        ratio = rate / np.float32(white_rate) / np.maximum(self.gray_light(rate.shape), _MIN_LIGHT)
        ratio = np.clip(ratio - _FILL_TOLERANCE, 1, MAX_LIGHT)
        gain = cv2.resize(ratio, size, interpolation=cv2.INTER_LINEAR) - 1
        light = self.light * (1 + weight * (gain[..., None] if weight.ndim == 3 else gain))
        return replace(self, values=self.encoding.encode(light))

    def _clipped_share(self, shape: tuple[int, int]) -> Picture:
        brightest = self.values.max(axis=2) if self.values.ndim == 3 else self.values
        is_clipped = (brightest > _NEAR_WHITE) & (self.values.max() <= 1)
        return resize_by_area(is_clipped.astype(np.float32), shape)


def resize_by_area(picture: Picture, shape: tuple[int, int]) -> Picture:
    """Resize a gray picture to (H, W): the mean of what each pixel covers."""
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_AREA))


def _clipping_weight(values: Picture) -> Picture:
    """How far values are clipped: 0 below near-white, 1 at white, 0 for light above white."""
    weight: Picture = np.clip((values - _NEAR_WHITE) / (1 - _NEAR_WHITE), 0, 1).astype(np.float32)
    if values.max() > 1:
        # Light above white was not clipped.
        weight[:] = 0
    return weight

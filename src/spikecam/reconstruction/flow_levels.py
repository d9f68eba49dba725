"""Firing rates as 8-bit pictures, which optical flow takes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture

# Pixels a side below which DIS finds no flow: all is taken to stand still.
MIN_FLOW_PIXELS = 16


def flow_levels(rate: Picture, gain: float, blur: float) -> npt.NDArray[np.uint8]:
    """Levels of a firing rate (H, W), blurred a little against noise.

    Args:
        rate: the rate, on any scale.
        gain: levels for one of it.
        blur: standard deviation of the Gaussian blur in pixels.
    """
    levels = cv2.GaussianBlur(rate * np.float32(gain), (0, 0), blur)
    return np.clip(levels, 0, 255).astype(np.uint8)

"""Brightness of a scene from one short exposure to another, as lamps change it."""

from __future__ import annotations

import cv2
import numpy as np

from spikecam.picture import Picture

# Blocks on the shorter side, the smallest side of a block in pixels, and the smallest ratio.
_BLOCKS, _MIN_BLOCK, _MIN_RATIO = 16, 8, 0.05


def brightness_ratio(rate: Picture, reference: Picture) -> float:
    """Brightness of a short exposure over that of another, aligned with it.

    It is the median over blocks of pixels: what enters or leaves the scene is in few. Where the
    reference is dark in its brighter half, it is 1.

    Args:
        rate: firing rate, (H, W).
        reference: firing rate of the other, (H, W).
    """
    block = max(_MIN_BLOCK, min(reference.shape) // _BLOCKS)
    size = max(1, reference.shape[1] // block), max(1, reference.shape[0] // block)
    means, reference_means = (
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (rate, reference)
    )
    bright = reference_means >= np.median(reference_means)
    if not reference_means[bright].all():
        return 1.0
    return max(float(np.median(means[bright] / reference_means[bright])), _MIN_RATIO)

"""Pictures made smaller for a page."""

from __future__ import annotations

import cv2
import numpy as np

from spikecam.picture import Picture


def shrink_picture(picture: Picture, side: int) -> Picture:
    """Make a picture (H, W) or (H, W, 3) smaller, so that no side is longer than ``side`` pixels.

    One that is small enough is returned as it is.
    """
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(np.asarray(picture, np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)

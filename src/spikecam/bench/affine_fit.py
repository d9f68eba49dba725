"""Least-squares fit of brightness, for methods whose scale is arbitrary."""

from __future__ import annotations

import numpy as np

from spikecam.picture import Picture


def affine_fit(picture: Picture, truth: Picture) -> Picture:
    """Fit gain and offset of a picture to the truth by least squares; clipped to [0, 1]."""
    slope, offset = np.polyfit(picture.ravel().astype(np.float64), truth.ravel(), 1)
    fitted: Picture = np.clip(slope * picture + offset, 0, 1).astype(np.float32)
    return fitted

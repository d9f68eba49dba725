"""Least-squares fit of brightness, for methods whose scale is arbitrary."""

from __future__ import annotations

import numpy as np

from spikecam.picture import Picture


def apply_best_gain_and_offset(picture: Picture, truth: Picture) -> Picture:
    """Apply to a picture the gain and offset that fit it best to the truth.

    They are those of least squares; the result is clipped to [0, 1].
    """
    slope, offset = np.polyfit(picture.ravel().astype(np.float64), truth.ravel(), 1)
    fitted: Picture = np.clip(slope * picture + offset, 0, 1).astype(np.float32)
    return fitted

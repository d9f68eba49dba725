"""Shift of a picture against the spikes of its exposure, estimated and taken back.

Two cameras that were aligned once still move by fractions of a pixel. The shift is that of the
largest enhanced correlation coefficient (Evangelidis and Psarakis, 2008; OpenCV) of the picture's
light and the firing rate. On simulated pairs it is exact to a tenth of a pixel of a picture four
times as fine as the spikes, and to .4 with few spikes; a shift below `MIN_SHIFT` is left, since
moving a picture costs some of its sharpness.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.picture import Picture

# Shifts that are taken back, in pixels of the spikes.
MIN_SHIFT, MAX_SHIFT = 0.3, 4.0
_ITERATIONS, _ACCURACY, _BLUR_PIXELS = 60, 1e-5, 3
# Coefficient below which nothing is estimated.
_MIN_COEFFICIENT = 0.6


def estimate_shift(picture: BlurryPicture, rate: Picture) -> tuple[float, float]:
    """Estimate by how much a picture lies right of and below the spikes.

    Args:
        picture: the blurry picture.
        rate: firing rate in its exposure, (H, W).

    Returns:
        The shift in pixels of the spikes, x before y; 0 where it cannot be estimated.
    """
    white_rate = np.float32(picture.white_rate(rate))
    light = picture.gray_light((rate.shape[0], rate.shape[1]))
    # Square roots: bright parts do not outweigh all others.
    target, source = (
        np.sqrt(np.clip(values, 0, 1)).astype(np.float32) for values in (rate / white_rate, light)
    )
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ITERATIONS, _ACCURACY)
    try:
        coefficient, matrix = cv2.findTransformECC(  # type: ignore[call-overload]
            target,
            source,
            np.eye(2, 3, dtype=np.float32),
            cv2.MOTION_TRANSLATION,
            criteria,
            None,
            _BLUR_PIXELS,
        )
    except cv2.error:
        # It does not converge where there is nothing to compare.
        return 0.0, 0.0
    shift = float(matrix[0, 2]), float(matrix[1, 2])
    if coefficient < _MIN_COEFFICIENT or max(map(abs, shift)) > MAX_SHIFT:
        return 0.0, 0.0
    return shift


def move_to_spikes(picture: BlurryPicture, shift: tuple[float, float], width: int) -> BlurryPicture:
    """Move a picture by the shift that `estimate_shift` gave.

    Args:
        picture: the blurry picture.
        shift: in pixels of the spikes, x before y.
        width: of the spikes.
    """
    scale = picture.shape[1] / width
    matrix = np.array([[1, 0, shift[0] * scale], [0, 1, shift[1] * scale]], np.float32)
    size = picture.shape[1], picture.shape[0]
    # The matrix leads from pixels of the result to those of the picture.
    values = cv2.warpAffine(
        picture.values,
        matrix,
        size,
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    highest = max(1.0, float(picture.values.max()))
    return replace(picture, values=np.clip(values, 0, highest))

"""Structural dissimilarity of two pictures, 1 - SSIM, and its gradient.

    SSIM = (2 m_x m_y + C1) (2 s_xy + C2) / ((m_x^2 + m_y^2 + C1) (s_xx + s_yy + C2))

(Wang et al. 2004), with means m and covariances s in Gaussian windows of 11 x 11 pixels, sigma 1.5,
C1 = 0.01^2 and C2 = 0.03^2 for values from 0 to 1, and pictures that are black beyond their edges,
as in 3D Gaussian splatting (Kerbl et al., 2023). `spikecam.metrics` measures pictures by other
windows; this one is for fits.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.views.gaussians import Floats

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = np.float32(0.01**2), np.float32(0.03**2)


def dssim(picture: Floats, truth: Floats) -> tuple[float, Floats]:
    """Mean of 1 - SSIM over pixels and colours, and its gradient by the picture.

    Args:
        picture, truth: values around [0, 1], float32 (C, H, W).

    Returns:
        The loss, and its gradient, (C, H, W).
    """
    total, gradient = 0.0, np.empty_like(picture)
    for x, y, by_x in zip(picture, truth, gradient, strict=True):
        mean_x, mean_y = _blur(x), _blur(y)
        var_x, var_y = _blur(x * x) - mean_x * mean_x, _blur(y * y) - mean_y * mean_y
        covariance = _blur(x * y) - mean_x * mean_y
        light_top = 2 * mean_x * mean_y + _C1
        light_bottom = mean_x * mean_x + mean_y * mean_y + _C1
        detail_top, detail_bottom = 2 * covariance + _C2, var_x + var_y + _C2
        bottom = light_bottom * detail_bottom
        similarity = light_top * detail_top / bottom
        total += float((1 - similarity).sum(dtype=np.float64))
        by_covariance = 2 * light_top / bottom
        by_variance = -similarity / detail_bottom
        by_mean = (
            2 * mean_y * detail_top / bottom
            - 2 * mean_x * similarity / light_bottom
            - mean_y * by_covariance
            - 2 * mean_x * by_variance
        )
        # A symmetric filter with black beyond the edges is its own transpose.
        by_x[:] = _blur(by_mean) + 2 * x * _blur(by_variance) + y * _blur(by_covariance)
    gradient *= np.float32(-1 / picture.size)
    return total / picture.size, gradient


def _blur(plane: npt.NDArray[np.floating]) -> Floats:
    """Mean of a plane (H, W) in Gaussian windows."""
    kernel = cv2.getGaussianKernel(_WINDOW, _SIGMA, cv2.CV_32F)
    blurred = cv2.sepFilter2D(plane, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float32)

"""The sRGB curve (IEC 61966-2-1): between the encoded values of pictures and linear light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def srgb_to_linear(encoded: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Linear light in [0, 1] of sRGB values in [0, 1], of any shape.

    >>> round(float(srgb_to_linear(0.5)), 4)
    0.214
    """
    value = np.asarray(encoded, np.float64)
    light: npt.NDArray[np.float64] = np.where(
        value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4
    )
    return light


def linear_to_srgb(light: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """sRGB values in [0, 1] of linear light in [0, 1], the inverse of `srgb_to_linear`."""
    value = np.asarray(light, np.float64)
    encoded: npt.NDArray[np.float64] = np.where(
        value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055
    )
    return encoded

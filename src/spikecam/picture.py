"""What a picture is: (H, W) or (H, W, 3) RGB, floats in [0, 1] or 8-bit levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError

Picture = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def as_colour(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Convert a picture to three channels: gray (H, W) is repeated, colour is as it is."""
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def check_picture(picture: npt.ArrayLike, name: str = "a picture") -> npt.NDArray[Any]:
    """Refuse an array that is no picture; return it as an array of bytes or floats.

    Raises:
        OptionError: another shape or type, or values outside [0, 1] or not finite: nothing is
            clipped here. The message calls it by ``name``.
    """
    array = np.asarray(picture)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise OptionError(
            f"{name} is an array (height, width) or (height, width, 3), not {array.shape}"
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f":
        raise OptionError(
            f"{name} holds floats in [0, 1] or 8-bit levels (uint8), not {array.dtype}"
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise OptionError(
            f"{name} holds values in [0, 1], and these run from {low:.4g} to {high:.4g}; "
            "scale or clip them first"
        )
    return array


def as_floats(picture: npt.ArrayLike, name: str = "a picture") -> Picture:
    """Convert a picture to float32 in [0, 1]; errors as for `check_picture`."""
    array = check_picture(picture, name)
    if array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(255)
    return array.astype(np.float32, copy=False)

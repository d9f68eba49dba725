"""Gray light of pictures, as a monochrome sensor receives it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.picture import Picture, as_floats

Light = npt.NDArray[Any]

# Gray = 0.30 R + 0.59 G + 0.11 B, as the protocol of Spike-GOPRO weighs colours.
GRAY_WEIGHTS = (0.30, 0.59, 0.11)
_WEIGHTS = np.array(GRAY_WEIGHTS, np.float32)


def as_gray(picture: npt.ArrayLike, name: str = "a frame") -> Picture:
    """Convert a picture (H, W) or (H, W, 3) to gray, float32 (H, W) in [0, 1].

    Raises:
        OptionError: another shape or type, values outside [0, 1], or not finite.
    """
    floats = as_floats(picture, name)
    # The weights add up to 1 but for rounding.
    return floats if floats.ndim == 2 else np.minimum(floats @ _WEIGHTS, 1)


def quarter_gray(picture: npt.ArrayLike) -> Picture:
    """Convert a picture to gray at a quarter of its sides, float32 (H/4, W/4) in [0, 1].

    Two-tap bilinear without antialiasing, as Spike-GOPRO was made: the mean of the middle 2 x 2 of
    every 4 x 4 pixels.

    Raises:
        OptionError: a width or height that is not a multiple of 4, or as `as_gray`.
    """
    array = np.asarray(picture)
    check_quarter(array)
    # Only the pixels that count are turned to gray.
    taps = [as_gray(array[y::4, x::4]) for y in (1, 2) for x in (1, 2)]
    quarter: Picture = np.add.reduce(taps) / np.float32(4)
    return quarter


def check_quarter(picture: npt.NDArray[Any]) -> None:
    """Refuse a picture whose sides are no multiples of 4.

    Raises:
        OptionError: it is one.
    """
    if picture.ndim in (2, 3) and (picture.shape[0] % 4 or picture.shape[1] % 4):
        raise OptionError(
            f"a picture of {picture.shape[1]}x{picture.shape[0]} has no quarter; "
            "crop it to multiples of 4"
        )


def check_unit_range(frames: Light) -> None:
    """Refuse frames with values outside [0, 1]. Bytes are never refused."""
    if frames.dtype == np.uint8:
        return
    low, high = float(frames.min()), float(frames.max())
    if not (low >= 0 and high <= 1):
        what = "not finite" if not np.isfinite(low + high) else f"from {low:.4g} to {high:.4g}"
        raise OptionError(f"light is in [0, 1], and these frames are {what}; scale them first")

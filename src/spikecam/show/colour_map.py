"""Colour maps: how the gray of a picture is shown in colours."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from spikecam.errors import OptionError
from spikecam.picture import Picture

ColourMap = Literal["gray", "viridis", "inferno", "cividis", "turbo"]
GRAY: ColourMap = "gray"
COLOUR_MAPS: tuple[str, ...] = get_args(ColourMap)


def check_colour_map(name: Any) -> None:
    """Refuse what is no colour map.

    Raises:
        OptionError: there is none of this name.
    """
    if name not in COLOUR_MAPS:
        raise OptionError(f"there is no colour map {name!r}; choose {', '.join(COLOUR_MAPS)}")


def colour_picture(picture: Picture, name: str) -> Picture:
    """Colour a gray picture.

    Args:
        picture: (H, W); values outside [0, 1] are shown as the nearest.
        name: of the colour map; "gray" gives the picture as it is.

    Returns:
        (H, W, 3) in [0, 1], or the picture itself.

    Raises:
        OptionError: there is no map of this name.
    """
    check_colour_map(name)
    if name == GRAY:
        return picture
    # The command line reads the names alone, and does not wait for OpenCV.
    import cv2

    levels = np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    bgr = cv2.applyColorMap(levels, getattr(cv2, f"COLORMAP_{name.upper()}"))
    return np.asarray(bgr[:, :, ::-1], np.float32) / np.float32(255)

"""Colour maps: how the gray of a picture is shown in colours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from spikecam.errors import OptionError
from spikecam.picture import Picture

GRAY = "gray"
_OPENCV_MAPS = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "turbo": cv2.COLORMAP_TURBO,
}
COLOUR_MAPS = (GRAY, *_OPENCV_MAPS)


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
        picture: (H, W) in [0, 1].
        name: of the colour map; "gray" gives the picture as it is.

    Returns:
        (H, W, 3) in [0, 1], or the picture itself.

    Raises:
        OptionError: there is no map of this name.
    """
    check_colour_map(name)
    if name == GRAY:
        return picture
    levels = np.round(255 * picture).astype(np.uint8)
    bgr = cv2.applyColorMap(levels, _OPENCV_MAPS[name])
    return np.asarray(bgr[:, :, ::-1], np.float32) / np.float32(255)

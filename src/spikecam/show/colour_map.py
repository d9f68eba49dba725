"""Colour maps: how the gray of a picture is shown in colours."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.show.colour_map_names import COLOUR_MAPS, GRAY


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
    grays = np.arange(256, dtype=np.uint8)[:, None]
    bgr = cv2.applyColorMap(grays, getattr(cv2, f"COLORMAP_{name.upper()}"))
    table = np.asarray(bgr[:, 0, ::-1], np.float32) / np.float32(255)
    # Between two of the 256 colours of a map are others, for files of more than 8 bits.
    place = np.float32(255) * np.clip(np.asarray(picture, np.float32), 0, 1)
    below = np.minimum(place.astype(np.uint8), 254)
    share = (place - below)[..., None]
    return np.asarray(table[below] * (1 - share) + table[below + 1] * share, np.float32)

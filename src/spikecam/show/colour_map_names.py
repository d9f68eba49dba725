"""Names of colour maps, for the command line, which does not wait for NumPy and OpenCV."""

from __future__ import annotations

from typing import Literal, get_args

ColourMap = Literal["gray", "viridis", "inferno", "cividis", "turbo"]
GRAY: ColourMap = "gray"
COLOUR_MAPS: tuple[str, ...] = get_args(ColourMap)

"""Splats: Gaussians as a camera sees them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spikecam.views.gaussians import Floats


class Splats(NamedTuple):
    """Gaussians as a camera sees them, which compiled loops write and read.

    Attributes:
        centres: in pixels, (N, 2).
        conics: a, b and c of the exponent (a dx^2 + 2 b dx dy + c dy^2) / 2, (N, 3).
        opacities: (N,).
        depths: distances from the plane of the camera, (N,).
        heights: how far above and below its centre a splat is seen, in pixels, (N,).
        colours: not negative, (N, channels).
        tiles: columns and rows of tiles [x0, x1) x [y0, y1) that a splat may touch, int32 (N, 4);
            empty where it is not in view, and all else undefined.
    """

    centres: Floats
    conics: Floats
    opacities: Floats
    depths: Floats
    heights: Floats
    colours: Floats
    tiles: npt.NDArray[np.int32]

    @classmethod
    def empty(cls, count: int, channels: int) -> Splats:
        """Room for the splats of ``count`` Gaussians."""
        return cls(
            np.empty((count, 2), np.float32),
            np.empty((count, 3), np.float32),
            np.empty(count, np.float32),
            np.empty(count, np.float32),
            np.empty(count, np.float32),
            np.empty((count, channels), np.float32),
            np.empty((count, 4), np.int32),
        )

"""Pictures of rendered views, and of their depth, as they are shown and saved."""

from __future__ import annotations

import numpy as np

from spikecam.picture import Picture
from spikecam.views.rendering import RenderedView

# Where more of the background is seen than that, there is no depth.
_MAX_TRANSMITTANCE = 0.5


def display_picture(view: RenderedView) -> Picture:
    """Picture of a view in [0, 1]: (H, W, 3), or (H, W) of a gray scene."""
    channels = view.picture.clip(0, 1)
    return channels[0] if len(channels) == 1 else np.ascontiguousarray(channels.transpose(1, 2, 0))


def depth_picture(view: RenderedView, near: float, far: float) -> Picture:
    """Depth of a view as gray levels (H, W): 1 at ``near``, 0 at ``far``, straight between.

    0 also where more than half of the background is seen.

    Args:
        view: rendered with depth.
        near, far: distances from the plane of the camera, near < far.
    """
    assert view.depth is not None
    levels = ((far - view.depth) / (far - near)).clip(0, 1)
    return np.where(view.transmittance > _MAX_TRANSMITTANCE, np.float32(0), levels)

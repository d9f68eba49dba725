"""Facts of a scene of Gaussians."""

from __future__ import annotations

from typing import Any

from spikecam.views.gaussians import Gaussians
from spikecam.views.scene_extent import scene_extent


def summarize_scene(gaussians: Gaussians) -> dict[str, Any]:
    """Facts of a scene.

    Returns:
        "gaussians", their number; "degree" of the harmonics; "channels", 1 or 3; "middle" and
        "radius" of `scene_extent`, in units of the scene.
    """
    extent = scene_extent(gaussians)
    return {
        "gaussians": len(gaussians),
        "degree": gaussians.degree,
        "channels": gaussians.harmonics.shape[2],
        "middle": extent.middle.tolist(),
        "radius": extent.radius,
    }

"""Where a scene of Gaussians is, and how large."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from spikecam.errors import OptionError
from spikecam.views.camera import Intrinsics, Matrix
from spikecam.views.gaussians import Gaussians

# Share of a scene's opacity inside of its radius; the rest may be stray Gaussians.
_SCENE_SHARE = 0.9


@dataclass(frozen=True, eq=False)
class SceneExtent:
    """Middle and size of a scene.

    Attributes:
        middle: median of the Gaussians along each axis, weighted by opacity, (3,).
        radius: distance from the middle within which 90 % of the opacity lies.
    """

    middle: Matrix
    radius: float

    def distance_in_view(self, intrinsics: Intrinsics) -> float:
        """Distance from the middle at which a camera has the radius in its narrower field."""
        half_angle = math.atan(
            min(intrinsics.width / intrinsics.fx, intrinsics.height / intrinsics.fy) / 2
        )
        return self.radius / math.sin(half_angle)

    def depth_range(self, centres: Matrix) -> tuple[float, float]:
        """Least and greatest depth of the scene for cameras at centres (K, 3), from 0."""
        distances = np.linalg.norm(centres - self.middle, axis=1)
        near = max(float(distances.min()) - self.radius, 0.0)
        return near, float(distances.max()) + self.radius


def scene_extent(gaussians: Gaussians) -> SceneExtent:
    """Middle and size of a scene.

    Raises:
        OptionError: an empty scene, or one that has no size.
    """
    if not len(gaussians):
        raise OptionError("the scene holds no Gaussians")
    weights = expit(gaussians.opacity_logits.astype(np.float64))
    means = gaussians.means.astype(np.float64)
    middle = np.array([_weighted_quantile(column, weights, 0.5) for column in means.T])
    radii = np.linalg.norm(means - middle, axis=1)
    # With the size of the Gaussians themselves, so that a scene of one has a size too.
    radii += np.exp(gaussians.log_scales.astype(np.float64)).max(1)
    radius = _weighted_quantile(radii, weights, _SCENE_SHARE)
    if not 0 < radius < math.inf:
        raise OptionError("the scene has no size; fit it again")
    return SceneExtent(middle, radius)


def _weighted_quantile(values: Matrix, weights: Matrix, share: float) -> float:
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(below, share * below[-1])]])

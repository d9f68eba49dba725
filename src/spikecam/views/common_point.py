"""The point that cameras look at: the nearest to all of their view axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError
from spikecam.views.camera import Matrix
from spikecam.views.poses import camera_centres, view_axes

# Mean square of the sine of the axes' angles to their common direction, below which the point
# is lost in noise: 1.8 degrees.
_MIN_SPREAD = 1e-3


@dataclass(frozen=True, eq=False)
class CommonPoint:
    """The point nearest to the view axes of cameras, by least squares.

    Attributes:
        point: (3,).
        depths: signed distances along the view axes from the cameras to the point, (K,);
            negative behind a camera.
        miss: root mean square of the distances between the point and the axes.
        spread: mean square of the sines of the axes' angles to their common direction, 0 where
            they are parallel, to 2/3 where they point everywhere.
    """

    point: Matrix
    depths: Matrix
    miss: float
    spread: float

    @property
    def distance(self) -> float:
        """Mean distance between camera and point along the axes, whether in front or behind."""
        return float(np.abs(self.depths).mean())

    @property
    def miss_share(self) -> float:
        """Miss as a share of the distance; infinite where the cameras stand on the point."""
        # Coordinates far from the origin have rounding errors of that size.
        rounding = 1e-9 * max(1.0, float(np.abs(self.point).max()))
        return self.miss / self.distance if self.distance > rounding else math.inf


def common_view_point(world_to_camera: Matrix) -> CommonPoint | None:
    """The point nearest to the view axes of cameras (K, 4, 4).

    It minimises the sum over cameras of |(I - d d^T)(x - c)|^2, with centre c and axis d.

    Returns:
        the point, or None where the axes are parallel within 2 degrees.
    """
    centres, axes = camera_centres(world_to_camera), view_axes(world_to_camera)
    projections = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    normal = projections.mean(0)
    spread = float(np.linalg.eigvalsh(normal)[0])
    if spread < _MIN_SPREAD:
        return None
    point = np.linalg.solve(normal, (projections @ centres[:, :, None]).mean(0)[:, 0])
    offsets = point - centres
    depths = (offsets * axes).sum(1)
    misses = np.linalg.norm(offsets - depths[:, None] * axes, axis=1)
    return CommonPoint(point, depths, float(np.sqrt((misses**2).mean())), spread)


def view_distance(world_to_camera: Matrix) -> float:
    """Mean distance between cameras (K, 4, 4) and the point that they look at.

    Raises:
        OptionError: they look at no common point.
    """
    common = common_view_point(world_to_camera)
    if common is None or not np.isfinite(common.miss_share):
        raise OptionError("the cameras look at no common point; give the distance to the scene")
    return common.distance

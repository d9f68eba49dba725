"""A view that is turned around a point of a scene, as with a mouse."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from spikecam.views.camera import Camera, Intrinsics, Matrix
from spikecam.views.orbit import DEFAULT_ELEVATION, horizon_axes
from spikecam.views.poses import look_at

# Straight above the point no direction is to the right.
_MAX_ELEVATION = 89.0


@dataclass(frozen=True, eq=False)
class OrbitView:
    """A camera that looks at a point from a distance.

    Attributes:
        target: the point, (3,).
        distance: from camera to point, above 0.
        up: direction that is up, (3,), not 0.
        azimuth: angle around ``up`` in degrees, as of `orbit_path`.
        elevation: angle above the horizon of the point in degrees, -89 to 89.
    """

    target: Matrix
    distance: float
    up: Matrix
    azimuth: float = 0.0
    elevation: float = DEFAULT_ELEVATION

    def turn(self, right: float, down: float) -> OrbitView:
        """The view after the scene was turned to the right and down, by degrees."""
        elevation = min(max(self.elevation + down, -_MAX_ELEVATION), _MAX_ELEVATION)
        return replace(self, azimuth=(self.azimuth - right) % 360, elevation=elevation)

    def zoom(self, factor: float, bounds: tuple[float, float]) -> OrbitView:
        """The view from a distance times ``factor``, within bounds."""
        return replace(self, distance=min(max(self.distance * factor, bounds[0]), bounds[1]))

    def pan(self, right: float, down: float) -> OrbitView:
        """The view after the target was moved in the picture, by shares of the distance."""
        axes = self._pose()[:2, :3]
        shift = self.distance * (right * axes[0] + down * axes[1])
        return replace(self, target=self.target - shift)

    def camera(self, intrinsics: Intrinsics) -> Camera:
        """The camera of the view."""
        return Camera(intrinsics, self._pose())

    def _pose(self) -> Matrix:
        east, north, top = horizon_axes(self.up)
        turn, height = math.radians(self.azimuth), math.radians(self.elevation)
        level = math.cos(turn) * east + math.sin(turn) * north
        offset = math.cos(height) * level + math.sin(height) * top
        return look_at(self.target + self.distance * offset, self.target, top)


def axis_vector(name: str) -> Matrix:
    """Unit vector (3,) of an axis: x, y or z, with - before it for the opposite direction."""
    sign = -1.0 if name.startswith("-") else 1.0
    return np.asarray(sign * np.eye(3)["xyz".index(name[-1])])

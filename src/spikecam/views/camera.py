"""Pinhole cameras: intrinsics and pose.

Axes are those of OpenCV and COLMAP: x to the right, y down, z forward, in the camera. Pixel (0, 0)
covers the square from 0 to 1, so that its middle is at (0.5, 0.5).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Intrinsics:
    """Intrinsics of a pinhole camera without distortion.

    Attributes:
        width, height: of the picture in pixels.
        fx, fy: focal lengths in pixels.
        cx, cy: principal point in pixels.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @classmethod
    def from_field_of_view(cls, width: int, height: int, angle_x: float) -> Intrinsics:
        """Intrinsics of a camera whose picture spans an angle in radians from left to right."""
        focal = width / (2 * math.tan(angle_x / 2))
        return cls(width, height, focal, focal, width / 2, height / 2)

    def resized(self, width: int, height: int) -> Intrinsics:
        """Intrinsics of the same view in a picture of another size."""
        x, y = width / self.width, height / self.height
        return Intrinsics(width, height, self.fx * x, self.fy * y, self.cx * x, self.cy * y)


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera at a place.

    Attributes:
        intrinsics: of the camera.
        world_to_camera: rigid transform of points, (4, 4).
    """

    intrinsics: Intrinsics
    world_to_camera: Matrix

    @property
    def centre(self) -> Matrix:
        """Place of the camera in the world, (3,)."""
        rotation, translation = self.world_to_camera[:3, :3], self.world_to_camera[:3, 3]
        return np.asarray(-rotation.T @ translation)


CameraAt = Callable[[float], Camera]
"""Camera at a time."""


def project_points(
    points: npt.NDArray[np.floating], camera: Camera
) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """Project points of the world (N, 3) to a picture.

    Returns:
        Places in pixels, (N, 2), -1 behind the camera; and whether points are before it, (N,).
    """
    intrinsics, pose = camera.intrinsics, camera.world_to_camera
    x, y, z = (points @ pose[:3, :3].T + pose[:3, 3]).T
    is_ahead = z > 1e-6
    z = np.where(is_ahead, z, 1)
    places = np.stack(
        [intrinsics.fx * x / z + intrinsics.cx, intrinsics.fy * y / z + intrinsics.cy], axis=1
    )
    return np.where(is_ahead[:, None], places, -1), is_ahead

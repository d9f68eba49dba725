"""Paths of a camera: poses at some times, and a smooth curve through them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial.transform import Rotation, RotationSpline

from spikecam.errors import OptionError, RangeError
from spikecam.views.camera import Camera, Intrinsics, Matrix
from spikecam.views.poses import check_rising_times, invert_poses, rigid_poses


@dataclass(frozen=True, eq=False)
class CameraPath:
    """Path of a camera through control points.

    Centres follow the Catmull-Rom spline with the times as its knots (Barry and Goldman, 1988):
    the tangent at a point is that of the parabola through it and its neighbours. Orientations
    follow a spline of rotations with continuous angular acceleration (scipy's `RotationSpline`);
    between two control points the camera turns by less than 180 degrees.

    Attributes:
        times: of the control points, rising, (K,) with K >= 2; frames or seconds, as the caller
            has them.
        world_to_camera: rigid transforms of points at these times, (K, 4, 4).

    Raises:
        OptionError: fewer than 2 poses, times that do not rise, or matrices that are not rigid.
    """

    times: Matrix
    world_to_camera: Matrix

    def __post_init__(self) -> None:
        try:
            poses = rigid_poses(self.world_to_camera)
        except ValueError as error:
            raise OptionError(f"the poses of a camera path {error}") from None
        if len(poses) < 2:
            raise OptionError("a camera path needs 2 poses or more, not 1")
        try:
            times = check_rising_times(self.times, len(poses))
        except ValueError as error:
            raise OptionError(f"the times of a camera path {error}") from None
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "world_to_camera", poses)

    @cached_property
    def _camera_to_world(self) -> Matrix:
        return invert_poses(self.world_to_camera)

    @cached_property
    def _centre_spline(self) -> CubicHermiteSpline:
        centres = self._camera_to_world[:, :3, 3]
        tangents = np.gradient(centres, self.times, axis=0, edge_order=2 if len(centres) > 2 else 1)
        return CubicHermiteSpline(self.times, centres, tangents)

    @cached_property
    def _rotation_spline(self) -> RotationSpline:
        rotations = Rotation.from_matrix(self._camera_to_world[:, :3, :3])
        return RotationSpline(self.times, rotations)

    def pose_at(self, time: npt.ArrayLike) -> Matrix:
        """World-to-camera pose at a time, (4, 4), or at times (M,), (M, 4, 4).

        Raises:
            RangeError: a time outside the path.
        """
        times = np.asarray(time, np.float64)
        first, last = self.times[[0, -1]]
        outside = times[~((times >= first) & (times <= last))]
        if outside.size:
            raise RangeError(
                f"time {outside.flat[0]:g} is outside the camera path, "
                f"which covers {first:g} to {last:g}"
            )
        camera_to_world = np.zeros((*times.shape, 4, 4))
        turns = self._rotation_spline(times.reshape(-1)).as_matrix()
        camera_to_world[..., :3, :3] = turns.reshape(*times.shape, 3, 3)
        camera_to_world[..., :3, 3] = self._centre_spline(times)
        camera_to_world[..., 3, 3] = 1
        return invert_poses(camera_to_world)

    def camera_at(self, time: float, intrinsics: Intrinsics) -> Camera:
        """Camera at a time.

        Raises:
            RangeError: a time outside the path.
        """
        return Camera(intrinsics, self.pose_at(time))

"""Orbits: paths of a camera around a point that it looks at."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.views.camera import Intrinsics, Matrix
from spikecam.views.camera_path import CameraPath
from spikecam.views.common_point import common_view_point
from spikecam.views.gaussians import Gaussians
from spikecam.views.poses import look_at
from spikecam.views.scene_extent import scene_extent

# The spline through points 5 degrees apart leaves the circle by less than 1e-4 of its radius, most
# at its ends.
_STEPS_PER_TURN = 72
DEFAULT_ELEVATION = 25.0

# Of the camera above the horizon in degrees: constant, or at the start and at the end.
Elevation = float | tuple[float, float]


def orbit_path(
    target: npt.ArrayLike,
    distance: float,
    duration: float,
    *,
    elevation: Elevation = DEFAULT_ELEVATION,
    turns: float = 1.0,
    up: npt.ArrayLike = (0.0, 0.0, 1.0),
) -> CameraPath:
    """Orbit of a camera around a point that it looks at, at a constant angular speed.

    It starts on the side of the x axis where z is up.

    Args:
        target: the point, (3,).
        distance: between camera and point, above 0.
        duration: time of the end, above 0, in frames or seconds; the path starts at 0.
        elevation: angle of the camera above the horizon of the point, in degrees between -90
            and 90; two angles are those of the start and the end of a spiral.
        turns: number of turns, not 0; counterclockwise when seen from above, negative clockwise.
        up: direction that is up, (3,).

    Raises:
        OptionError: a value outside its range.
    """
    axis = np.asarray(up, np.float64)
    first, last = elevation if isinstance(elevation, tuple) else (elevation, elevation)
    point = np.asarray(target, np.float64)
    values = [distance, duration, first, last, turns, *axis, *point]
    if not np.isfinite(values).all() or not axis.any():
        raise OptionError("the numbers of an orbit are finite, and its up is not 0 0 0")
    if not (distance > 0 and duration > 0 and turns and abs(first) < 90 and abs(last) < 90):
        raise OptionError(
            f"an orbit has a distance and a duration above 0, an elevation between -90 and 90 "
            f"degrees, and turns other than 0, not {distance:g}, {duration:g}, "
            f"{' to '.join(f'{one:g}' for one in dict.fromkeys((first, last)))} and {turns:g}"
        )
    way = max(abs(turns), abs(last - first) / 360)
    count = max(math.ceil(way * _STEPS_PER_TURN), 2) + 1
    angles = np.linspace(0, 2 * math.pi * turns, count)
    east, north, top = horizon_axes(axis)
    heights = np.radians(np.linspace(first, last, count))[:, None]
    level = np.cos(angles)[:, None] * east + np.sin(angles)[:, None] * north
    centres = point + distance * (np.cos(heights) * level + np.sin(heights) * top)
    return CameraPath(np.linspace(0, duration, count), look_at(centres, point, top))


def horizon_axes(up: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Right-handed unit vectors east, north and up; x, y and z where z is up."""
    top = up / np.linalg.norm(up)
    helper = np.eye(3)[0 if abs(top[0]) < 0.9 else 1]
    east = helper - top * (helper @ top)
    east /= np.linalg.norm(east)
    return east, np.cross(top, east), top


def orbit_around_gaussians(
    gaussians: Gaussians,
    intrinsics: Intrinsics,
    duration: float,
    *,
    elevation: Elevation = DEFAULT_ELEVATION,
    turns: float = 1.0,
    up: npt.ArrayLike = (0.0, 0.0, 1.0),
) -> CameraPath:
    """Orbit around the middle of a scene, from so far that 90 % of its opacity is in view.

    Middle and size are those of `scene_extent`.

    Args:
        gaussians: the scene.
        intrinsics: of the camera; its narrower field of view decides the distance.
        duration, elevation, turns, up: as for `orbit_path`.

    Raises:
        OptionError: an empty scene, one that has no size, or as `orbit_path`.
    """
    extent = scene_extent(gaussians)
    distance = extent.distance_in_view(intrinsics)
    return orbit_path(extent.middle, distance, duration, elevation=elevation, turns=turns, up=up)


def orbit_around_cameras(
    world_to_camera: Matrix,
    duration: float,
    *,
    elevation: Elevation = DEFAULT_ELEVATION,
    turns: float = 1.0,
    up: npt.ArrayLike = (0.0, 0.0, 1.0),
) -> CameraPath:
    """Orbit around the point that cameras look at, at their mean distance.

    Args:
        world_to_camera: of the cameras, (K, 4, 4).
        duration, elevation, turns, up: as for `orbit_path`.

    Raises:
        OptionError: the cameras look at no common point in front of them, or as `orbit_path`.
    """
    common = common_view_point(world_to_camera)
    if common is None or (common.depths <= 0).any():
        raise OptionError(
            "the cameras look at no common point in front of them to orbit around; give a path"
        )
    return orbit_path(
        common.point, common.distance, duration, elevation=elevation, turns=turns, up=up
    )

"""Cameras of requests for scenes of Gaussians: defaults, and whether they see anything."""

from __future__ import annotations

import math
from collections.abc import Iterable

from spikecam.errors import OptionError
from spikecam.io.paths import PathLike
from spikecam.io.pictures import picture_size
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.gaussians import Gaussians
from spikecam.views.pose_files.pose_file import PoseFile
from spikecam.views.rendering import render

DEFAULT_FOV = 40.0
DEFAULT_UP = "z"
# Pictures that are only asked whether they show anything are of this width, and do where a pixel
# has this share of the scene in it.
_CHECK_WIDTH, _MIN_SHARE = 64, 0.01


def check_fov(fov: float | None) -> None:
    """Refuse a field of view in degrees that no camera has.

    Raises:
        OptionError: it is not between 0 and 180.
    """
    if fov is not None and not 0 < fov < 180:
        raise OptionError(f"a field of view is between 0 and 180 degrees, not {fov:g}")


def orbit_intrinsics(size: tuple[int, int], fov: float | None) -> Intrinsics:
    """Intrinsics of a camera in an orbit: height and width, and the field of view in degrees."""
    height, width = size
    angle = math.radians(DEFAULT_FOV if fov is None else fov)
    return Intrinsics.from_field_of_view(width, height, angle)


def path_intrinsics(
    poses: PoseFile,
    size: tuple[int, int] | None,
    fov: float | None,
    default_size: tuple[int, int],
) -> Intrinsics:
    """Intrinsics of a camera that follows poses.

    Args:
        poses: of the camera.
        size: height and width; by default those that the poses are for, as their file or the first
            of its pictures says.
        fov: horizontal field of view in degrees, for poses that have none.
        default_size: for poses that are for no size.

    Raises:
        OptionError, GeometryError: as `PoseFile.intrinsics_for`.
    """
    height, width = size or _size_of(poses) or default_size
    return poses.intrinsics_for(width, height, fov)


def check_in_view(
    scene: PathLike, gaussians: Gaussians, cameras: Iterable[Camera], where: str
) -> None:
    """Refuse cameras none of which sees anything of a scene.

    Args:
        scene: its file, for the message.
        gaussians: the scene.
        cameras: of the pictures, or some of them.
        where: the cameras are, for the message.

    Raises:
        OptionError: nothing is in view.
    """
    if not any(_shows_anything(gaussians, camera) for camera in cameras):
        raise OptionError(
            f"nothing of {scene} is in view {where}; check that the poses are of this "
            "scene, in its units"
        )


def _size_of(poses: PoseFile) -> tuple[int, int] | None:
    if poses.intrinsics is not None:
        return poses.intrinsics.height, poses.intrinsics.width
    if poses.pictures is not None and poses.pictures[0].is_file():
        return picture_size(poses.pictures[0])
    return None


def _shows_anything(scene: Gaussians, camera: Camera) -> bool:
    intrinsics = camera.intrinsics
    width = min(_CHECK_WIDTH, intrinsics.width)
    height = max(1, round(width * intrinsics.height / intrinsics.width))
    small = Camera(intrinsics.resized(width, height), camera.world_to_camera)
    return bool(render(scene, small).transmittance.min() < 1 - _MIN_SHARE)

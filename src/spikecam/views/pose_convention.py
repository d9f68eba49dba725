"""The convention of poses: which axes, and which direction of the transform, look right.

Cameras around an object or in front of a scene look toward a common point. Poses in other axes, or
inverted, have none, or one behind the cameras.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError
from spikecam.views.camera import Matrix
from spikecam.views.common_point import common_view_point
from spikecam.views.poses import FLIP_YZ, invert_poses

# Share of the distance by which view axes may miss their common point.
_MAX_MISS = 0.25
# Of the cameras, this share agrees on whether the point is in front or behind.
_AGREEMENT = 0.98
# Mean square of the sine of the axes' angles to their common direction, above which cameras look
# from sides different enough to say: 8 degrees.
_CLEAR_SPREAD = 0.02
_MIN_CAMERAS = 3

OPENCV = "world-to-camera, OpenCV axes"
OPENGL = "world-to-camera, OpenGL (Blender) axes"
INVERTED = "camera-to-world, OpenCV axes"
INVERTED_OPENGL = "camera-to-world, OpenGL (Blender) axes"


@dataclass(frozen=True)
class Convention:
    """How well cameras look toward a common point if their matrices are of one convention.

    Attributes:
        name: of the convention: `OPENCV`, `OPENGL`, `INVERTED` or `INVERTED_OPENGL`.
        in_front: share of the cameras that have the point in front of them; 0 where their axes
            are parallel.
        miss: distance between point and axes, root mean square, as a share of the distance between
            point and cameras; infinite where the axes are parallel or the cameras in one place.
        is_clear: whether axes meet in a point within a quarter of its distance, from sides that
            differ by 8 degrees or more.
    """

    name: str
    in_front: float
    miss: float
    is_clear: bool

    @property
    def looks_right(self) -> bool:
        """Whether the axes meet in a point that is in front of all cameras but for 2 %."""
        return self.is_clear and self.in_front >= _AGREEMENT

    @property
    def looks_backward(self) -> bool:
        """Whether the axes meet in a point that is behind all cameras but for 2 %."""
        return self.is_clear and self.in_front <= 1 - _AGREEMENT


def guess_conventions(matrices: Matrix) -> tuple[Convention, ...]:
    """Score every convention that matrices of poses may have.

    Args:
        matrices: as if world-to-camera in OpenCV axes, (K, 4, 4).

    Returns:
        the convention of this name first, then the others. Several may look right, or none, as
        for a camera that flies forward.
    """
    candidates = {
        OPENCV: matrices,
        OPENGL: FLIP_YZ @ matrices,
        INVERTED: invert_poses(matrices),
        INVERTED_OPENGL: FLIP_YZ @ invert_poses(matrices),
    }
    return tuple(_score(name, poses) for name, poses in candidates.items())


def _score(name: str, world_to_camera: Matrix) -> Convention:
    common = common_view_point(world_to_camera)
    if common is None:
        return Convention(name, 0.0, np.inf, False)
    clear = (
        len(world_to_camera) >= _MIN_CAMERAS
        and common.spread >= _CLEAR_SPREAD
        and common.miss_share <= _MAX_MISS
    )
    return Convention(name, float((common.depths > 0).mean()), common.miss_share, clear)


def check_convention(world_to_camera: Matrix, name: str = "the poses") -> None:
    """Refuse poses that clearly look right in another convention, and not in their own.

    Cameras that look outward from a ring look like cameras in OpenGL axes, and are refused as
    such; those that fly forward, or pan, are not.

    Args:
        world_to_camera: OpenCV axes, (K, 4, 4).
        name: of the poses, for the message.

    Raises:
        OptionError: the common point is behind the cameras, or the cameras have none until their
            poses are inverted.
    """
    own, *others = guess_conventions(world_to_camera)
    right = [other.name for other in others if other.looks_right]
    if own.looks_backward:
        raise OptionError(
            f"{name}: the cameras look away from the point that their axes meet in; as "
            f"{right[0]} they look at it: convert them to the convention of their file"
        )
    if not own.is_clear and right:
        raise OptionError(
            f"{name}: the cameras look at no common point; as {right[0]} they do: convert them "
            "to the convention of their file"
        )

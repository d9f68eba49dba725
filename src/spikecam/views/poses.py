"""Poses of cameras as matrices: checks, inverses, centres, view axes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from spikecam.views.camera import Matrix

# Between the camera axes of OpenGL and Blender (x right, y up, z backward) and those of OpenCV.
FLIP_YZ = np.diag([1.0, -1.0, -1.0, 1.0])

# Files of poses have 6 digits or more; scale and shear are far above that.
_RIGID_TOLERANCE = 1e-3


def rigid_poses(matrices: npt.ArrayLike) -> Matrix:
    """Rigid transforms nearest to matrices that are rigid but for rounding.

    Args:
        matrices: (K, 4, 4) or (K, 3, 4).

    Returns:
        (K, 4, 4) float64; the rotations are orthogonal to 1e-15.

    Raises:
        ValueError: not rigid transforms; the message ends a sentence that begins with their name.
    """
    try:
        array = np.asarray(matrices, np.float64)
    except (TypeError, ValueError):
        raise ValueError("are not all matrices of 4 x 4 numbers") from None
    if array.ndim != 3 or array.shape[1:] not in ((4, 4), (3, 4)):
        raise ValueError(f"are not matrices (K, 4, 4), but of shape {array.shape}")
    if not len(array):
        raise ValueError("are none")
    infinite = np.asarray(~np.isfinite(array).all(axis=(1, 2)))
    if infinite.any():
        raise ValueError(f"are not finite at pose {_first(infinite)}")
    if array.shape[1] == 4:
        _check_last_row(array)
    # Squares of damaged numbers may overflow.
    rotations = np.clip(array[:, :3, :3], -2, 2)
    errors = np.abs(rotations @ rotations.swapaxes(1, 2) - np.eye(3)).max((1, 2))
    if (errors > _RIGID_TOLERANCE).any():
        raise ValueError(
            f"are not rigid at pose {_first(errors > _RIGID_TOLERANCE)}: its matrix scales or "
            "shears"
        )
    mirrored = np.linalg.det(rotations) < 0
    if mirrored.any():
        raise ValueError(f"are not rigid at pose {_first(mirrored)}: its matrix mirrors")
    rigid = np.tile(np.eye(4), (len(array), 1, 1))
    rigid[:, :3, :3] = Rotation.from_matrix(rotations).as_matrix()
    rigid[:, :3, 3] = array[:, :3, 3]
    return rigid


def _check_last_row(matrices: Matrix) -> None:
    wrong = np.abs(matrices[:, 3] - (0, 0, 0, 1)).max(1) > _RIGID_TOLERANCE
    if wrong.any():
        raise ValueError(f"are not rigid at pose {_first(wrong)}: its last row is not 0 0 0 1")


def _first(wrong: npt.NDArray[np.bool_]) -> int:
    return int(np.argmax(wrong))


def check_rising_times(times: npt.ArrayLike, count: int) -> Matrix:
    """Check times of poses: finite, one for each, each later than the last.

    Args:
        times: (K,), in any unit.
        count: K.

    Returns:
        (K,) float64.

    Raises:
        ValueError: they are not; the message ends a sentence that begins with their name.
    """
    array = np.asarray(times, np.float64)
    if array.shape != (count,):
        raise ValueError(f"are of shape {array.shape}, and {count} poses need one time each")
    if not np.isfinite(array).all():
        raise ValueError(f"are not finite at pose {_first(~np.isfinite(array))}")
    late = np.diff(array) <= 0
    if late.any():
        i = _first(late)
        what = "repeated" if array[i] == array[i + 1] else "not in order"
        raise ValueError(
            f"are {what}: pose {i} is at {array[i]:g} and pose {i + 1} at {array[i + 1]:g}"
        )
    return array


def invert_poses(poses: Matrix) -> Matrix:
    """Inverses of rigid transforms (..., 4, 4): world-to-camera to camera-to-world and back."""
    inverse = np.zeros_like(poses)
    rotations = poses[..., :3, :3].swapaxes(-1, -2)
    inverse[..., :3, :3] = rotations
    inverse[..., :3, 3] = -(rotations @ poses[..., :3, 3:])[..., 0]
    inverse[..., 3, 3] = 1
    return inverse


def camera_centres(world_to_camera: Matrix) -> Matrix:
    """Places of cameras in the world, (..., 3), from their poses (..., 4, 4)."""
    return np.asarray(invert_poses(world_to_camera)[..., :3, 3])


def view_axes(world_to_camera: Matrix) -> Matrix:
    """Directions in the world in which cameras look, unit vectors (..., 3)."""
    return np.asarray(world_to_camera[..., 2, :3])


def look_at(centre: Matrix, target: Matrix, up: Matrix) -> Matrix:
    """World-to-camera poses of cameras that look at a point.

    Args:
        centre: places of the cameras, (..., 3).
        target: the point, (3,), away from every centre.
        up: direction that is up in the pictures, (3,), not along a line of sight.

    Returns:
        (..., 4, 4).
    """
    forward = _unit(target - centre)
    right = _unit(np.cross(forward, up))
    poses = np.zeros((*centre.shape[:-1], 4, 4))
    poses[..., 0, :3] = right
    poses[..., 1, :3] = np.cross(forward, right)
    poses[..., 2, :3] = forward
    poses[..., :3, 3] = -(poses[..., :3, :3] @ centre[..., None])[..., 0]
    poses[..., 3, 3] = 1
    return poses


def _unit(vectors: Matrix) -> Matrix:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))

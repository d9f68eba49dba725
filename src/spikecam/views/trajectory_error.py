"""Error of poses where the truth is known, and poses with an error of a given size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from spikecam.errors import OptionError
from spikecam.views.camera import Matrix
from spikecam.views.common_point import view_distance
from spikecam.views.poses import camera_centres, invert_poses

# Ratio of the second to the first singular value of the centres' covariance, below which they
# lie on a line.
_LINE = 1e-6


@dataclass(frozen=True)
class TrajectoryError:
    """Error of estimated poses after the best alignment to the truth.

    Attributes:
        mean_centre, max_centre: distances between the centres of cameras, as shares of the
            distance between camera and scene.
        mean_angle, max_angle: angles between orientations, in degrees.
    """

    mean_centre: float
    max_centre: float
    mean_angle: float
    max_angle: float


def trajectory_error(
    estimate: npt.ArrayLike, truth: npt.ArrayLike, distance: float | None = None
) -> TrajectoryError:
    """Error of poses after `align_poses`.

    Args:
        estimate, truth: world-to-camera poses of the same cameras, (K, 4, 4), K >= 2.
        distance: between camera and scene in the units of the truth; by default that to the point
            that the true cameras look at.

    Raises:
        OptionError: shapes differ, true centres are all equal, or there is no common point and no
            distance.
    """
    true = np.asarray(truth, np.float64)
    aligned = align_poses(np.asarray(estimate, np.float64), true)
    distance = view_distance(true) if distance is None else distance
    shifts = np.linalg.norm(camera_centres(aligned) - camera_centres(true), axis=1) / distance
    turns = Rotation.from_matrix(aligned[:, :3, :3] @ true[:, :3, :3].swapaxes(1, 2))
    angles = np.degrees(turns.magnitude())
    return TrajectoryError(
        float(shifts.mean()), float(shifts.max()), float(angles.mean()), float(angles.max())
    )


def align_poses(estimate: Matrix, truth: Matrix) -> Matrix:
    """Poses moved, turned and scaled as one so that their centres are nearest to the true ones.

    The similarity is that of Umeyama (1991), by least squares. Where the centres lie on a line,
    which leaves the turn about it open, the turn is the mean of those between the orientations.

    Args:
        estimate, truth: world-to-camera poses of the same cameras, (K, 4, 4), K >= 2.

    Returns:
        the estimate in the world of the truth, (K, 4, 4).

    Raises:
        OptionError: shapes differ, or the true centres are all equal.
    """
    if estimate.shape != truth.shape or truth.ndim != 3 or len(truth) < 2:
        raise OptionError(
            f"2 poses or more are compared with as many true ones, not {estimate.shape} with "
            f"{truth.shape}"
        )
    centres, true_centres = camera_centres(estimate), camera_centres(truth)
    mean, true_mean = centres.mean(0), true_centres.mean(0)
    offsets, true_offsets = centres - mean, true_centres - true_mean
    if np.abs(true_offsets).max() <= 1e-9 * max(1.0, float(np.abs(true_centres).max())):
        raise OptionError("the true cameras are all in one place, so that poses have no scale")
    extents = np.linalg.svd(true_offsets.T @ offsets, compute_uv=False)
    if extents[1] <= _LINE * extents[0]:
        turns = truth[:, :3, :3].swapaxes(1, 2) @ estimate[:, :3, :3]
        rotation = Rotation.from_matrix(turns).mean()
    else:
        rotation, _ = Rotation.align_vectors(true_offsets, offsets)
    turned = rotation.apply(offsets)
    size = float((turned**2).sum())
    scale = float((turned * true_offsets).sum()) / size if size else 1.0
    camera_to_world = invert_poses(estimate)
    camera_to_world[:, :3, :3] = rotation.as_matrix() @ camera_to_world[:, :3, :3]
    camera_to_world[:, :3, 3] = true_mean + scale * turned
    return invert_poses(camera_to_world)

"""Errors of trajectories: none after a similarity, the right size otherwise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spikecam.errors import OptionError
from spikecam.views.orbit import orbit_path
from spikecam.views.poses import camera_centres, invert_poses
from spikecam.views.trajectory_error import align_poses, trajectory_error

ORBIT = orbit_path((1, 2, 3), 4, 100)


def transformed(poses, seed):
    """Poses in a world that is turned, moved and scaled."""
    rng = np.random.default_rng(seed)
    turn = Rotation.from_rotvec(rng.normal(scale=2, size=3)).as_matrix()
    moved = invert_poses(poses)
    moved[:, :3, :3] = turn @ moved[:, :3, :3]
    moved[:, :3, 3] = rng.uniform(0.1, 10) * moved[:, :3, 3] @ turn.T + rng.normal(size=3)
    return invert_poses(moved)


def line():
    poses = np.tile(np.eye(4), (6, 1, 1))
    poses[:, :3, 3] = np.outer(range(6), (1, 2, -0.5))
    return poses


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=30)
def test_a_similarity_is_no_error(seed, on_a_line):
    truth = line() if on_a_line else ORBIT.world_to_camera
    error = trajectory_error(transformed(truth, seed), truth, distance=4)
    assert max(error.max_centre, error.max_angle) < 1e-5


def test_a_displacement_of_one_camera_is_a_share_of_the_distance():
    estimate = ORBIT.world_to_camera.copy()
    estimate[5, :3, 3] += (0.4, 0, 0)
    error = trajectory_error(estimate, ORBIT.world_to_camera)
    # The alignment takes some of it.
    assert 0.09 < error.max_centre <= 0.1
    assert error.mean_centre < error.max_centre / 5
    by_ten = trajectory_error(estimate, ORBIT.world_to_camera, distance=40)
    assert by_ten.max_centre == pytest.approx(error.max_centre / 10)


def test_a_turn_of_one_camera_is_its_angle():
    estimate = ORBIT.world_to_camera.copy()
    camera_to_world = invert_poses(estimate)
    camera_to_world[3, :3, :3] @= Rotation.from_euler("x", 7, degrees=True).as_matrix()
    error = trajectory_error(invert_poses(camera_to_world), ORBIT.world_to_camera)
    assert error.max_angle == pytest.approx(7)
    assert error.mean_angle == pytest.approx(7 / len(estimate))
    assert error.max_centre < 1e-9


def test_no_similarity_is_nearer():
    rng = np.random.default_rng(4)
    truth = ORBIT.world_to_camera
    estimate = truth.copy()
    estimate[:, :3, 3] += rng.normal(scale=0.3, size=(len(truth), 3))
    aligned = camera_centres(align_poses(transformed(estimate, 2), truth))
    best = ((aligned - camera_centres(truth)) ** 2).sum()
    for _ in range(30):
        turn = Rotation.from_rotvec(rng.normal(scale=0.01, size=3)).as_matrix()
        other = rng.normal(1, 0.01) * aligned @ turn.T + rng.normal(scale=0.01, size=3)
        assert ((other - camera_centres(truth)) ** 2).sum() > best


def test_a_mirrored_trajectory_is_not_aligned_by_a_mirror():
    truth = ORBIT.world_to_camera.copy()
    truth[:, :3, 3] += np.random.default_rng(0).normal(size=(len(truth), 3))
    mirrored = invert_poses(truth)
    mirrored[:, 0, 3] *= -1
    error = trajectory_error(invert_poses(mirrored), truth, distance=4)
    assert error.max_centre > 0.1


def test_what_cannot_be_compared_is_refused():
    truth = ORBIT.world_to_camera
    with pytest.raises(OptionError, match="as many true ones"):
        trajectory_error(truth[:-1], truth)
    still = np.tile(np.eye(4), (3, 1, 1))
    with pytest.raises(OptionError, match="all in one place"):
        trajectory_error(truth[:3], still, distance=1)

"""Matrices of poses: inverses, view axes, the point that cameras look at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spikecam.errors import OptionError
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.common_point import common_view_point, view_distance
from spikecam.views.poses import camera_centres, invert_poses, look_at, rigid_poses, view_axes

SEEDS = st.integers(0, 2**32 - 1)


def random_poses(seed, count=5):
    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(rng.normal(scale=2, size=(count, 3))).as_matrix()
    poses[:, :3, 3] = rng.normal(scale=5, size=(count, 3))
    return poses


@given(SEEDS)
@settings(max_examples=30)
def test_an_inverse_undoes_its_pose(seed):
    poses = random_poses(seed)
    unit = np.broadcast_to(np.eye(4), poses.shape)
    np.testing.assert_allclose(invert_poses(poses) @ poses, unit, atol=1e-12)


@given(SEEDS)
@settings(max_examples=30)
def test_rounding_is_taken_out_of_rotations(seed):
    poses = random_poses(seed)
    rounded = rigid_poses(np.round(poses, 5))
    turns = rounded[:, :3, :3]
    unit = np.broadcast_to(np.eye(3), turns.shape)
    np.testing.assert_allclose(turns @ turns.swapaxes(1, 2), unit, atol=1e-14)
    np.testing.assert_allclose(rounded, poses, atol=3e-5)
    np.testing.assert_array_equal(rigid_poses(np.round(poses, 5)[:, :3]), rounded)


def test_centres_are_those_of_cameras():
    pose = random_poses(1)[0]
    camera = Camera(Intrinsics.from_field_of_view(4, 4, 1.0), pose)
    np.testing.assert_allclose(camera_centres(pose), camera.centre)


@given(SEEDS)
@settings(max_examples=30)
def test_a_camera_has_its_target_in_the_middle_and_up_above(seed):
    rng = np.random.default_rng(seed)
    centres, target = rng.normal(size=(4, 3)), rng.normal(size=3) + 4
    pose = look_at(centres, target, np.array([0, 0, 1.0]))
    np.testing.assert_allclose(
        pose[:, :3, :3] @ target + pose[:, :3, 3],
        [(0, 0, np.linalg.norm(target - centre)) for centre in centres],
        atol=1e-12,
    )
    assert (pose[:, 1, 2] < 0).all()
    np.testing.assert_allclose(np.linalg.det(pose[:, :3, :3]), 1)
    np.testing.assert_allclose(camera_centres(pose), centres, atol=1e-12)


@given(SEEDS)
@settings(max_examples=30)
def test_the_point_that_cameras_look_at_is_the_common_one(seed):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=3)
    centres = target + rng.normal(size=(6, 3)) * 3
    poses = look_at(centres, target, np.array([0.3, 0, 1.0]))
    common = common_view_point(poses)
    np.testing.assert_allclose(common.point, target, atol=1e-9)
    np.testing.assert_allclose(common.depths, np.linalg.norm(target - centres, axis=1))
    assert common.miss < 1e-9
    assert view_distance(poses) == pytest.approx(np.linalg.norm(target - centres, axis=1).mean())
    np.testing.assert_allclose(view_axes(poses), (target - centres) / common.depths[:, None])


def test_miss_is_the_distance_of_axes_that_pass_each_other():
    # Along x at height 1, and along y at height -1: nearest is the middle, 1 from both.
    poses = look_at(np.array([[-5, 0, 1.0], [0, -5, -1]]), np.zeros(3), np.array([0, 0, 1.0]))
    poses[:, 2, :3] = [[1, 0, 0], [0, 1, 0]]
    poses[:, 0, :3] = [[0, -1, 0], [1, 0, 0]]
    poses[:, 1, :3] = [[0, 0, -1], [0, 0, -1]]
    poses[:, :3, 3] = [[0, 1, 5], [0, -1, 5]]
    common = common_view_point(poses)
    np.testing.assert_allclose(common.point, 0, atol=1e-12)
    assert common.miss == pytest.approx(1)
    assert common.miss_share == pytest.approx(0.2)


def test_parallel_axes_have_no_common_point():
    poses = np.tile(np.eye(4), (4, 1, 1))
    poses[:, 0, 3] = range(4)
    assert common_view_point(poses) is None
    with pytest.raises(OptionError, match="give the distance"):
        view_distance(poses)


def test_cameras_on_their_common_point_have_no_distance():
    with pytest.raises(OptionError, match="give the distance"):
        view_distance(np.array([turned(angle) for angle in (0, 1, 2)]))


def turned(angle):
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("y", angle).as_matrix()
    return pose


@pytest.mark.parametrize(
    ("matrices", "message"),
    [
        (np.zeros((0, 4, 4)), "are none"),
        (np.eye(4), r"of shape \(4, 4\)"),
        ([np.eye(4).tolist(), np.eye(3).tolist()], "not all matrices"),
        ([[["x"] * 4] * 4], "not all matrices"),
        (2 * np.eye(4)[None], "last row"),
    ],
)
def test_other_matrices_are_refused(matrices, message):
    with pytest.raises(ValueError, match=message):
        rigid_poses(matrices)

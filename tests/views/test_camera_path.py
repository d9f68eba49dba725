"""Camera paths: through their control points, smooth, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spikecam.errors import OptionError, RangeError
from spikecam.views.camera import Intrinsics
from spikecam.views.camera_path import CameraPath
from spikecam.views.poses import camera_centres, invert_poses


def random_path(seed, count):
    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (count, 1, 1))
    steps = Rotation.from_rotvec(rng.normal(scale=0.3, size=(count, 3)))
    turn = Rotation.from_rotvec(rng.normal(size=3))
    for pose, step in zip(poses, steps, strict=True):
        turn = turn * step
        pose[:3, :3] = turn.as_matrix()
    poses[:, :3, 3] = rng.normal(size=(count, 3))
    return CameraPath(np.cumsum(rng.uniform(0.1, 5, count)) - 7, poses)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
@settings(max_examples=40)
def test_a_path_goes_through_its_control_points(seed, count):
    path = random_path(seed, count)
    np.testing.assert_allclose(path.pose_at(path.times), path.world_to_camera, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
@settings(max_examples=20)
def test_poses_between_are_rigid_and_continuous(seed, count):
    path = random_path(seed, count)
    times = np.linspace(*path.times[[0, -1]], 301)
    poses = path.pose_at(times)
    turns = poses[:, :3, :3]
    np.testing.assert_allclose(
        turns @ turns.swapaxes(1, 2), np.broadcast_to(np.eye(3), turns.shape), atol=1e-9
    )
    later = path.pose_at(np.minimum(times + 1e-7, path.times[-1]))
    np.testing.assert_allclose(poses, later, atol=1e-4)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_steady_acceleration_and_turning_are_exact_for_any_times(seed):
    rng = np.random.default_rng(seed)
    start, speed, acceleration, turn = rng.normal(size=(4, 3))
    times = np.cumsum(rng.uniform(0.2, 0.6, 7))

    def truth(t):
        pose = np.tile(np.eye(4), (len(t), 1, 1))
        pose[:, :3, :3] = Rotation.from_rotvec(t[:, None] * turn).as_matrix()
        pose[:, :3, 3] = start + t[:, None] * speed + t[:, None] ** 2 * acceleration
        return invert_poses(pose)

    path = CameraPath(times, truth(times))
    between = np.linspace(times[0], times[-1], 50)
    np.testing.assert_allclose(path.pose_at(between), truth(between), atol=1e-6)


def test_velocity_has_no_jumps():
    path = random_path(3, 8)
    inside = path.times[1:-1]
    step = 1e-5
    before = path.pose_at(inside) - path.pose_at(inside - step)
    after = path.pose_at(inside + step) - path.pose_at(inside)
    np.testing.assert_allclose(before / step, after / step, atol=1e-2)


def test_two_poses_are_joined_by_a_straight_line():
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[1, 0, 3] = -4
    path = CameraPath(np.array([10, 20]), poses)
    np.testing.assert_allclose(camera_centres(path.pose_at(12.5)), (1, 0, 0), atol=1e-12)


def test_a_camera_at_a_time_has_the_pose_and_the_intrinsics():
    path = random_path(5, 6)
    intrinsics = Intrinsics.from_field_of_view(40, 30, 1.0)
    camera = path.camera_at(path.times[2], intrinsics)
    assert camera.intrinsics is intrinsics
    np.testing.assert_allclose(camera.world_to_camera, path.world_to_camera[2], atol=1e-9)


@pytest.mark.parametrize("time", [-0.1, 10.001, np.nan, [5, 11]])
def test_a_time_outside_says_what_is_covered(time):
    path = CameraPath(np.array([0, 10]), np.tile(np.eye(4), (2, 1, 1)))
    with pytest.raises(RangeError, match="covers 0 to 10"):
        path.pose_at(time)


@pytest.mark.parametrize(
    ("times", "change", "message"),
    [
        ([0, 1, 1], None, "repeated: pose 1 is at 1 and pose 2 at 1"),
        ([0, 2, 1], None, "not in order"),
        ([0, np.nan, 2], None, "not finite at pose 1"),
        ([0, 1], None, "3 poses need one time each"),
        ([0, 1, 2], np.nan, "not finite at pose 2"),
        ([0, 1, 2], 2.0, "not rigid at pose 2: its matrix scales"),
        ([0, 1, 2], -1.0, "not rigid at pose 2: its matrix mirrors"),
    ],
)
def test_bad_paths_are_refused_in_one_sentence(times, change, message):
    poses = np.tile(np.eye(4), (3, 1, 1))
    if change is not None:
        poses[2, 0, 0] = change
    with pytest.raises(OptionError, match=message):
        CameraPath(np.array(times), poses)


def test_one_pose_is_no_path():
    with pytest.raises(OptionError, match="2 poses or more"):
        CameraPath(np.zeros(1), np.eye(4)[None])

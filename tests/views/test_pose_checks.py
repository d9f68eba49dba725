"""Checks of poses: conventions, parallax, coverage, numbers of views."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spikecam.errors import OptionError, RangeError
from spikecam.views.camera_path import CameraPath
from spikecam.views.orbit import orbit_path
from spikecam.views.pose_checks import check_coverage, check_parallax, check_views
from spikecam.views.pose_convention import (
    INVERTED,
    INVERTED_OPENGL,
    OPENCV,
    OPENGL,
    check_convention,
    guess_conventions,
)
from spikecam.views.poses import FLIP_YZ, invert_poses, look_at

# What a reader that takes matrices as world-to-camera in OpenCV axes gets of true poses.
MISREAD = {
    OPENGL: lambda poses: FLIP_YZ @ poses,
    INVERTED: invert_poses,
    INVERTED_OPENGL: lambda poses: invert_poses(FLIP_YZ @ poses),
}


def handheld(seed, spread=4.0):
    """Cameras around an object away from the origin, each aimed a little beside it."""
    rng = np.random.default_rng(seed)
    target = rng.normal(scale=2, size=3)
    directions = rng.normal(size=(12, 3))
    directions[:, 2] = np.abs(directions[:, 2]) * 0.5
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    centres = target + spread * directions * rng.uniform(0.7, 1.3, (12, 1))
    poses = look_at(centres, target, np.array([0.1, 0, 1.0]))
    aim = Rotation.from_rotvec(rng.normal(scale=0.03, size=(12, 3))).as_matrix()
    poses[:, :3] = aim @ poses[:, :3]
    return poses


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_cameras_around_an_object_look_right_as_they_are(seed):
    own, *_ = guess_conventions(handheld(seed))
    assert own.name == OPENCV
    assert own.looks_right
    assert own.in_front == 1
    assert own.miss < 0.1
    check_views(handheld(seed))


@pytest.mark.parametrize("convention", MISREAD)
@pytest.mark.parametrize("seed", range(10))
def test_poses_of_another_convention_are_refused_with_its_name(convention, seed):
    misread = MISREAD[convention](handheld(seed))
    right = [one.name for one in guess_conventions(misread) if one.looks_right]
    assert convention in right
    with pytest.raises(OptionError) as caught:
        check_views(misread, "poses.json")
    assert f"as {convention} " in str(caught.value)
    assert str(caught.value).startswith("poses.json: the cameras look")


@pytest.mark.parametrize("convention", MISREAD)
def test_an_orbit_of_another_convention_is_refused(convention):
    for target in ((0, 0, 0), (0.3, 0.2, 1)):
        misread = MISREAD[convention](orbit_path(target, 4, 60).world_to_camera)
        with pytest.raises(OptionError, match=r"convert them|poses are inverted"):
            check_views(misread)


def forward(seed):
    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (20, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(rng.normal(scale=0.02, size=(20, 3))).as_matrix()
    poses[:, :3, 3] = rng.normal(scale=0.1, size=(20, 3))
    poses[:, 2, 3] -= np.arange(20)
    return poses


def sideways(seed):
    poses = forward(seed)
    poses[:, 0, 3] = poses[:, 2, 3]
    poses[:, 2, 3] = 0
    return poses


def walk_with_turns(seed):
    """A walk through a room, in which the camera looks everywhere."""
    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (30, 1, 1))
    angles = np.cumsum(rng.normal(scale=0.6, size=30))
    poses[:, :3, :3] = Rotation.from_euler("y", angles[:, None]).as_matrix()
    poses[:, :3, 3] = np.cumsum(rng.normal(scale=0.5, size=(30, 3)), axis=0)
    return invert_poses(poses)


@pytest.mark.parametrize("flight", [forward, sideways, walk_with_turns])
@pytest.mark.parametrize("seed", range(20))
def test_cameras_without_a_common_point_pass(flight, seed):
    check_views(flight(seed))


def test_parallel_cameras_have_no_score():
    poses = np.tile(np.eye(4), (5, 1, 1))
    poses[:, 0, 3] = range(5)
    for one in guess_conventions(poses):
        assert (one.is_clear, one.in_front, one.miss) == (False, 0, np.inf)
    check_convention(poses)


@pytest.mark.parametrize("place", [0, 1e5])
def test_a_camera_that_only_turns_has_no_parallax(place):
    camera_to_world = np.tile(np.eye(4), (8, 1, 1))
    camera_to_world[:, :3, 3] = place
    camera_to_world[:, :3, :3] = Rotation.from_euler("y", np.linspace(0, 1, 8)[:, None]).as_matrix()
    with pytest.raises(OptionError, match=r"only turns.*parallax"):
        check_parallax(invert_poses(camera_to_world))
    with pytest.raises(OptionError, match="only turns"):
        check_views(invert_poses(camera_to_world))


def test_a_camera_that_stands_still_has_no_parallax():
    with pytest.raises(OptionError, match=r"my\.csv: the camera stands still"):
        check_parallax(np.tile(np.eye(4), (8, 1, 1)), "my.csv")


def test_a_small_motion_far_from_the_origin_is_parallax():
    poses = np.tile(np.eye(4), (8, 1, 1))
    poses[:, 0, 3] = 1e3 + np.linspace(0, 0.1, 8)
    check_parallax(poses)


def test_two_views_are_too_few():
    with pytest.raises(OptionError, match="3 views or more, not 2"):
        check_views(handheld(0)[:2])


def path(first, last):
    return CameraPath(np.array([first, last]), np.tile(np.eye(4), (2, 1, 1)))


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (2.5, 99, "cover frames 3 to 99 of 0 to 99; choose these by --frames 3:100"),
        (0, 60.5, "cover frames 0 to 60 of 0 to 99; choose these by --frames 0:61"),
        (0, 0.9, "cover frames 0 to 0 of 0 to 99; choose these by --frames 0:1 "),
        (200, 300, "cover 200 to 300, and none of frames 0 to 99"),
        (0.2, 0.9, "none of frames"),
    ],
)
def test_poses_that_do_not_cover_the_recording_say_what_they_cover(first, last, message):
    with pytest.raises(RangeError, match=message):
        check_coverage(path(first, last), 0, 100)


def test_poses_that_cover_the_recording_pass():
    check_coverage(path(0, 99), 0, 100)
    check_coverage(path(-5, 200), 0, 100)
    check_coverage(path(10, 19), 10, 20)

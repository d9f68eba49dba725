from itertools import pairwise

import numpy as np
import pytest

import spikecam as sc
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.key_frames import (
    depth_of_points,
    greatest_motion,
    iter_key_frames,
    points_of_depth,
)

LENS = Intrinsics(40, 30, 50.0, 45.0, 18.0, 16.0)


def camera(x=0.0, turn=0.0):
    pose = np.eye(4)
    cos, sin = np.cos(turn), np.sin(turn)
    pose[:3, :3] = [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]
    pose[0, 3] = -x
    return Camera(LENS, pose)


def wall(view):
    """Depth of a wall 2 ahead."""
    return np.full((view.intrinsics.height, view.intrinsics.width), 2, np.float32)


def sideways(pixels_a_frame):
    return lambda time: camera(time * pixels_a_frame * 2 / LENS.fx)


def test_keys_are_as_far_apart_as_motion_allows():
    keys = list(iter_key_frames(sideways(0.0371), wall, 0, 100))
    assert keys == [*range(0, 99, 13), 99]


def test_a_part_of_a_flight_has_its_own_ends():
    assert list(iter_key_frames(sideways(0.24), wall, 10, 16)) == [10, 12, 14, 15]


@pytest.mark.parametrize("speed", [0.6, 3.0])
def test_a_fast_camera_has_a_key_in_every_frame(speed):
    assert list(iter_key_frames(sideways(speed), wall, 0, 9)) == list(range(9))


def test_a_camera_that_stands_still_has_two_keys():
    assert list(iter_key_frames(sideways(0), wall, 0, 5000)) == [0, 4999]
    assert list(iter_key_frames(sideways(0), wall, 7, 8)) == [7]


def test_a_camera_that_speeds_up_has_keys_closer_and_closer():
    def camera_at(time):
        return camera(time**2 / 100_000, time / 5000)

    keys = list(iter_key_frames(camera_at, wall, 0, 400, max_motion=0.4))
    steps = np.diff(keys)
    assert (keys[0], keys[-1]) == (0, 399)
    assert steps[0] > 3 * steps[-2]

    def motion(first, second):
        view = camera_at(float(first))
        return greatest_motion(points_of_depth(view, wall(view)), view, camera_at(float(second)))

    motions = [motion(a, b) for a, b in pairwise(keys)]
    assert max(motions) <= 0.4
    # A frame more would be too much, but for the margin in which motion is looked at.
    assert all(motion(a, b + 2) > 0.36 for a, b in pairwise(keys[:-1]))


def test_a_camera_that_goes_and_comes_back_is_not_taken_to_stand_still():
    def camera_at(time):
        return camera(np.sin(np.pi * time / 40) * 0.5)

    keys = np.array(list(iter_key_frames(camera_at, wall, 0, 81)))
    assert np.diff(keys).max() < 20


def test_what_comes_into_view_counts():
    """A near wall just beside the picture moves faster than all that is in it."""

    def depth(view):
        x = np.arange(view.intrinsics.width) + 0.5 - view.intrinsics.cx
        row = np.where(x / view.intrinsics.fx > 24 / LENS.fx, 0.5, 2)
        return np.broadcast_to(row, wall(view).shape).astype(np.float32)

    # The near wall moves 0.2 pixels a frame, the far one 0.05.
    assert list(iter_key_frames(sideways(0.05), depth, 0, 9)) == [0, 2, 4, 6, 8]
    assert list(iter_key_frames(sideways(0.05), wall, 0, 9)) == [0, 8]


def test_empty_space_does_not_move():
    def nothing(view):
        return np.full_like(wall(view), np.inf)

    assert list(iter_key_frames(sideways(2.0), nothing, 0, 90)) == [0, 89]


def test_points_of_a_depth_picture_are_projected_to_their_pixels():
    view = camera(0.4, 0.3)
    depth = np.random.default_rng(0).uniform(1, 3, (30, 40)).astype(np.float32)
    depth[3, 4], depth[5, 6] = np.inf, 0
    points = points_of_depth(view, depth)
    assert points.shape == (1198, 3)
    again = depth_of_points(points, view)
    depth[5, 6] = np.inf
    assert again == pytest.approx(depth, rel=1e-5)


def test_the_nearest_point_of_a_pixel_is_seen():
    points = np.array([[0, 0, 3.0], [0, 0, 2.0], [0, 0, -1.0], [9, 0, 1.0]])
    depth = depth_of_points(points, camera())
    assert depth[16, 18] == 2
    assert np.isinf(depth).sum() == depth.size - 1


def test_motion_is_that_of_the_fastest_point():
    points = np.array([[0, 0, 2.0], [0.1, 0, 4.0], [0, 0, -0.5]])
    assert greatest_motion(points, camera(), camera(0.1)) == pytest.approx(50 * 0.1 / 2)
    assert greatest_motion(points[:0], camera(), camera(1)) == 0
    assert greatest_motion(points, camera(), camera(0, np.pi)) == np.inf


@pytest.mark.parametrize(
    ("span", "options", "message"),
    [((3, 3), {}, "at least one frame"), ((0, 9), {"max_motion": 0}, "above 0 pixels")],
)
def test_impossible_flights_are_refused(span, options, message):
    with pytest.raises(sc.OptionError, match=message):
        list(iter_key_frames(sideways(1), wall, *span, **options))

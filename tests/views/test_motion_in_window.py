"""Motion in the picture of cameras, and the windows and views that are chosen by it."""

import numpy as np
import pytest

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.motion_in_window import (
    MAX_VIEW_MOTION,
    choose_views,
    choose_window,
    motion_per_frame,
    spread_windows,
)

LENS = Intrinsics(48, 32, 40.0, 40.0, 24.0, 16.0)


def sideways(speed):
    """A camera that moves to the right, by a distance a frame."""

    def camera_at(time):
        pose = np.eye(4)
        pose[0, 3] = -speed * time
        return Camera(LENS, pose)

    return camera_at


def test_points_move_by_the_focal_length_times_the_step_over_their_depth():
    points = np.array([[0.0, 0, 4], [0.1, 0.1, 4], [0, 0, -4], [90, 0, 4]])
    motion = motion_per_frame(sideways(0.01), points, 0, 20)
    assert motion == pytest.approx(40 * 0.01 / 4)
    depths = np.array([[0.0, 0, 2], [0, 0, 4], [0, 0, 8]])
    assert motion_per_frame(sideways(0.01), depths, 0, 20) == pytest.approx(40 * 0.01 / 4)


def test_nothing_in_view_does_not_move():
    assert motion_per_frame(sideways(0.01), np.array([[0.0, 0, -4]]), 0, 20) == 0


def test_a_time_after_the_end_is_not_asked_for():
    times = []

    def camera_at(time):
        times.append(time)
        return Camera(LENS, np.eye(4))

    motion_per_frame(camera_at, np.array([[0.0, 0, 4]]), 3, 9)
    assert (min(times), max(times)) == (3, 9)


@pytest.mark.parametrize(
    ("motion", "window"), [(0, 41), (0.01, 41), (0.1, 11), (0.39, 3), (1, 1), (50, 1)]
)
def test_things_stay_nearly_in_place_in_a_window(motion, window):
    assert choose_window(motion) == window
    assert window == 1 or window * motion <= MAX_VIEW_MOTION


@pytest.mark.parametrize(
    ("motion", "window", "views"),
    [(0, 41, 1), (0.03, 41, 1), (0.06, 41, 2), (0.1, 41, 4), (0.2, 97, 16), (9, 97, 24)],
)
def test_views_share_the_motion_of_a_window(motion, window, views):
    assert choose_views(motion, window) == views


def test_windows_lie_evenly_in_a_span():
    assert spread_windows((10, 40), 10, 3) == [(10, 20), (20, 30), (30, 40)]
    assert spread_windows((0, 100), 10, 1000) == spread_windows((0, 100), 10, 20)
    assert spread_windows((5, 12), 7, 1) == [(5, 12)]

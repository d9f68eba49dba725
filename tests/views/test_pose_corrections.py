"""Corrections of poses: gradients against finite differences, and what stays where it is."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.pose_corrections import PoseCorrections, correction_knots

LENS = Intrinsics(40, 30, 50.0, 50.0, 20.0, 15.0)
KNOTS, DISTANCE = (0.0, 10.0, 30.0), 2.5
TIMES = (-3.0, 2.0, 10.0, 17.5, 40.0)


def camera():
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec([0.4, -0.2, 0.3]).as_matrix()
    pose[:3, 3] = 0.1, 0.2, 3
    return Camera(LENS, pose)


def points_in(view, points):
    return points @ view.world_to_camera[:3, :3].T + view.world_to_camera[:3, 3]


def test_gradients_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    points, target = rng.normal(size=(8, 3)), rng.normal(size=(8, 3))
    corrections = PoseCorrections(KNOTS, DISTANCE)

    def loss():
        places = [points_in(corrections.correct(camera(), time), points) for time in TIMES]
        return sum(((place - target) ** 2).sum() for place in places)

    for time in TIMES:
        place = points_in(corrections.correct(camera(), time), points)
        by_place = 2 * (place - target)
        by_twist = np.concatenate([by_place.sum(0), np.cross(place, by_place).sum(0)])
        corrections.add_gradient(time, by_twist)
    expected = np.empty((3, 6))
    step = 2.0**-11
    for index in np.ndindex(3, 6):
        sides = []
        for sign in (1, -1):
            corrections.twists[index] = sign * step
            sides.append(loss())
            corrections.twists[index] = 0
        expected[index] = (sides[0] - sides[1]) / (2 * step)
    np.testing.assert_allclose(corrections._gradient, expected, rtol=1e-4, atol=1e-3)


def test_twists_are_interpolated_and_end_at_the_knots():
    corrections = PoseCorrections(KNOTS, DISTANCE)
    corrections.twists[:, 0] = 0.1, 0.2, 0.4
    moved = [corrections.correct(camera(), t).world_to_camera[0, 3] for t in (-5, 5, 20, 99)]
    # The spline through points of a line is that line.
    np.testing.assert_allclose(
        np.array(moved) - 0.1, DISTANCE * np.array([0.1, 0.15, 0.3, 0.4]), rtol=1e-6
    )


def test_a_knot_alone_has_its_own_twist():
    corrections = PoseCorrections(np.arange(9.0), DISTANCE)
    corrections.twists[4, 0] = 0.2
    moved = [corrections.correct(camera(), t).world_to_camera[0, 3] - 0.1 for t in range(9)]
    np.testing.assert_allclose(moved, [0] * 4 + [0.2 * DISTANCE] + [0] * 4, atol=1e-6)


def test_a_twist_turns_and_moves_points_of_the_camera():
    corrections = PoseCorrections([0.0], DISTANCE)
    corrections.twists[0] = 0.1, 0, 0, 0, np.pi / 2, 0
    view = corrections.correct(Camera(LENS, np.eye(4)), 7.0)
    # About the point 2.5 before the camera.
    np.testing.assert_allclose(points_in(view, np.array([1.0, 0, 3.5])), (1.25, 0, 1.5), atol=1e-6)


def test_a_gradient_is_used_once():
    corrections = PoseCorrections([0.0, 1.0], DISTANCE)
    corrections.add_gradient(0.0, np.ones(6))
    corrections.step(0.01)
    first = corrections.twists.copy()
    assert first[0, 0] == pytest.approx(-0.01, rel=1e-3)
    corrections._adam.replace_rows(np.arange(2))
    corrections.step(0.01)
    np.testing.assert_array_equal(corrections.twists, first)


def test_there_are_knots_between_poses():
    knots = correction_knots([0, 3, 9])
    np.testing.assert_allclose(knots, [0, 1, 2, 3, 5, 7, 9])
    np.testing.assert_allclose(correction_knots([4.0]), [4])

"""Corrections of poses: gradients against finite differences, and what stays where it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.pose_corrections import PoseCorrections

SEEDS = st.integers(0, 2**32 - 1)
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


@given(SEEDS)
@settings(max_examples=20)
def test_the_mean_of_all_twists_stays_zero(seed):
    rng = np.random.default_rng(seed)
    corrections = PoseCorrections(np.arange(rng.integers(2, 20)), 3.0)
    for _ in range(5):
        corrections.add_gradient(rng.uniform(0, 20), rng.normal(size=6))
        corrections.step(0.01)
    assert np.abs(corrections.twists).max() > 1e-3
    np.testing.assert_allclose(corrections.twists.mean(axis=0), 0, atol=1e-7)


def test_twists_are_interpolated_and_end_at_the_knots():
    corrections = PoseCorrections(KNOTS, DISTANCE)
    corrections.twists[:, 0] = 0.1, 0.2, 0.4
    moved = [corrections.correct(camera(), t).world_to_camera[0, 3] for t in (-5, 5, 20, 99)]
    np.testing.assert_allclose(
        np.array(moved) - 0.1, DISTANCE * np.array([0.1, 0.15, 0.3, 0.4]), rtol=1e-6
    )


def test_a_twist_turns_and_moves_points_of_the_camera():
    corrections = PoseCorrections([0.0], DISTANCE)
    corrections.twists[0] = 0.1, 0, 0, 0, 0, np.pi / 2
    view = corrections.correct(Camera(LENS, np.eye(4)), 7.0)
    np.testing.assert_allclose(points_in(view, np.array([1.0, 0, 5])), (0.25, 1, 5), atol=1e-6)


def test_a_gradient_is_used_once():
    corrections = PoseCorrections([0.0, 1.0], DISTANCE)
    corrections.add_gradient(0.0, np.ones(6))
    corrections.step(0.01)
    first = corrections.twists.copy()
    assert first[0, 0] == pytest.approx(-0.005, rel=1e-3)
    corrections._adam.replace_rows(np.arange(2))
    corrections.step(0.01)
    np.testing.assert_array_equal(corrections.twists, first)

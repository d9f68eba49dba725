"""Views that are turned: places of the camera, and of points of the scene in the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam.views.camera import Intrinsics
from spikecam.views.orbit import orbit_path
from spikecam.views.orbit_view import OrbitView, axis_vector

INTRINSICS = Intrinsics.from_field_of_view(100, 100, 0.7)
TARGET = np.array([1.0, 2, 3])
VIEW = OrbitView(TARGET, 4.0, np.array([0, 0, 1.0]))


def pixel(view, point):
    x, y, z = (view.camera(INTRINSICS).world_to_camera @ (*point, 1))[:3]
    return INTRINSICS.fx * x / z + INTRINSICS.cx, INTRINSICS.fy * y / z + INTRINSICS.cy


@given(st.floats(-400, 400), st.floats(-200, 200), st.sampled_from(["x", "-y", "z"]))
def test_the_target_stays_in_the_middle_at_its_distance(right, down, axis):
    view = OrbitView(TARGET, 4.0, axis_vector(axis)).turn(right, down)
    place = view.camera(INTRINSICS).world_to_camera @ (*TARGET, 1)
    np.testing.assert_allclose(place, (0, 0, 4, 1), atol=1e-12)
    np.testing.assert_allclose(pixel(view, TARGET), (50, 50))


def test_angles_are_those_of_an_orbit():
    orbit = orbit_path(TARGET, 4.0, 72, elevation=25)
    view = VIEW.turn(-30, 0)
    np.testing.assert_allclose(view.camera(INTRINSICS).world_to_camera, orbit.pose_at(6), atol=1e-9)


def test_the_near_side_of_the_scene_follows_the_mouse():
    near = VIEW.camera(INTRINSICS).centre * 0.3 + TARGET * 0.7
    x, y = pixel(VIEW, near)
    right, _ = pixel(VIEW.turn(10, 0), near)
    _, down = pixel(VIEW.turn(0, 10), near)
    assert right > x + 1
    assert down > y + 1


def test_the_elevation_stops_before_the_pole():
    assert VIEW.turn(0, 500).elevation == 89
    assert VIEW.turn(0, -500).elevation == -89


def test_a_pan_moves_the_scene_with_the_mouse():
    moved = VIEW.pan(0.1, -0.05)
    np.testing.assert_allclose(
        pixel(moved, TARGET), (50 + 0.1 * INTRINSICS.fx, 50 - 0.05 * INTRINSICS.fy)
    )
    assert moved.distance == VIEW.distance


def test_a_zoom_ends_at_its_bounds():
    assert VIEW.zoom(0.5, (1, 10)).distance == 2
    assert VIEW.zoom(0.1, (1, 10)).distance == 1
    assert VIEW.zoom(9, (1, 10)).distance == 10


@pytest.mark.parametrize(
    ("name", "vector"), [("x", (1, 0, 0)), ("-y", (0, -1, 0)), ("-z", (0, 0, -1))]
)
def test_axes_by_name(name, vector):
    np.testing.assert_array_equal(axis_vector(name), vector)

"""Orbits: at their distance, around their target, with the scene in view."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.errors import OptionError
from spikecam.views.camera import Intrinsics
from spikecam.views.common_point import common_view_point
from spikecam.views.gaussians import Gaussians
from spikecam.views.orbit import orbit_around_cameras, orbit_around_gaussians, orbit_path
from spikecam.views.poses import camera_centres

INTRINSICS = Intrinsics.from_field_of_view(60, 40, 0.8)


@given(st.floats(0.1, 100), st.floats(-80, 80), st.sampled_from([-2, 0.3, 1, 1.5]))
@settings(max_examples=20)
def test_the_target_stays_in_the_middle_at_its_distance(distance, elevation, turns):
    target, up = np.array([1.0, -2, 3]), np.array([0.2, 1, -0.4])
    path = orbit_path(target, distance, 500, elevation=elevation, turns=turns, up=up)
    poses = path.pose_at(np.linspace(0, 500, 333))
    places = poses[:, :3, :3] @ target + poses[:, :3, 3]
    aim = np.zeros_like(places)
    aim[:, 2] = distance
    np.testing.assert_allclose(places, aim, atol=1e-4 * distance)
    heights = (camera_centres(poses) - target) @ up / (np.linalg.norm(up) * distance)
    np.testing.assert_allclose(heights, np.sin(np.radians(elevation)), atol=1e-4)


def test_a_turn_begins_on_x_and_goes_counterclockwise():
    path = orbit_path((0, 0, 0), 2, 100, elevation=0)
    centres = camera_centres(path.pose_at([0, 25, 100]))
    np.testing.assert_allclose(centres, [(2, 0, 0), (0, 2, 0), (2, 0, 0)], atol=1e-4)


@pytest.mark.parametrize("elevation", [(-20.0, 60.0), (80.0, 10.0)])
@pytest.mark.parametrize("turns", [0.01, 3])
def test_a_spiral_changes_its_elevation_evenly(elevation, turns):
    path = orbit_path((0, 0, 0), 2, 100, elevation=elevation, turns=turns)
    centres = camera_centres(path.pose_at(np.linspace(0, 100, 301)))
    heights = np.degrees(np.arcsin(centres[:, 2] / 2))
    np.testing.assert_allclose(heights, np.linspace(*elevation, 301), atol=0.05)
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 2, atol=1e-3)
    angles = np.unwrap(np.arctan2(centres[:, 1], centres[:, 0]))
    np.testing.assert_allclose(angles, np.linspace(0, 2 * np.pi * turns, 301), atol=2e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"distance": 0},
        {"duration": -1},
        {"turns": 0},
        {"elevation": 90},
        {"elevation": (0, -90)},
        {"elevation": (np.nan, 0)},
        {"distance": np.nan},
        {"up": (0, 0, 0)},
        {"target": (0, np.inf, 0)},
    ],
)
def test_bad_orbits_are_refused(change):
    with pytest.raises(OptionError, match="orbit"):
        orbit_path(**{"target": (0, 0, 0), "distance": 1, "duration": 1, **change})


def scene(means, logits=0.0, scale=-5.0):
    count = len(means)
    return Gaussians(
        np.asarray(means, np.float32),
        np.full((count, 3), scale, np.float32),
        np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
        np.broadcast_to(np.float32(logits), count).astype(np.float32),
        np.zeros((count, 1, 1), np.float32),
    )


def test_an_orbit_of_a_scene_has_most_of_it_in_view_and_ignores_stray_gaussians():
    rng = np.random.default_rng(0)
    means = rng.normal(loc=(5, 0, 2), size=(1000, 3))
    means[:20] += 1000
    path = orbit_around_gaussians(scene(means), INTRINSICS, 90)
    for pose in path.pose_at([0, 30, 60]):
        x, y, z = pose[:3, :3] @ means.T + pose[:3, 3:]
        u, v = INTRINSICS.fx * x / z + INTRINSICS.cx, INTRINSICS.fy * y / z + INTRINSICS.cy
        inside = (z > 0) & (u > 0) & (u < 60) & (v > 0) & (v < 40)
        assert inside.mean() > 0.88
        # Not from so far that it is a speck.
        assert v[inside].std() > 5


def test_faint_gaussians_do_not_move_an_orbit():
    means = np.concatenate([np.zeros((50, 3)), np.full((50, 3), 9)])
    logits = np.repeat([5.0, -9.0], 50)
    path = orbit_around_gaussians(scene(means, logits, -1.0), INTRINSICS, 10)
    np.testing.assert_allclose(common_view_point(path.world_to_camera).point, 0, atol=1e-6)


def test_a_scene_without_gaussians_has_no_orbit():
    with pytest.raises(OptionError, match="no Gaussians"):
        orbit_around_gaussians(scene(np.zeros((0, 3))), INTRINSICS, 10)


def test_an_orbit_around_cameras_is_around_what_they_look_at():
    own = orbit_path((3, 1, 0), 4, 60, elevation=35, up=(0, 1, 0))
    path = orbit_around_cameras(own.world_to_camera, 60, elevation=(-5, 20), turns=-2)
    expected = orbit_path((3, 1, 0), 4, 60, elevation=(-5, 20), turns=-2)
    np.testing.assert_allclose(path.world_to_camera, expected.world_to_camera, atol=1e-6)


def test_cameras_that_look_forward_or_outward_have_no_orbit():
    forward = np.tile(np.eye(4), (5, 1, 1))
    forward[:, 2, 3] = range(5)
    outward = np.diag([-1.0, 1, -1, 1]) @ orbit_path((0, 0, 0), 4, 60).world_to_camera
    for poses in (forward, outward):
        with pytest.raises(OptionError, match="no common point in front"):
            orbit_around_cameras(poses, 10)

"""Random Gaussians are where cameras see them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.errors import OptionError
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.common_point import common_view_point
from spikecam.views.initial_gaussians import gaussians_at, points_in_view, scene_gaussians
from spikecam.views.poses import look_at

LENS = Intrinsics(40, 30, 50.0, 45.0, 12.0, 20.0)


def cameras_of(rng, count):
    centres = rng.normal(size=(count, 3)) * 3
    return [Camera(LENS, pose) for pose in look_at(centres, np.ones(3), np.array([0, 0, 1.0]))]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
@settings(max_examples=20)
def test_each_is_in_view_of_a_camera_at_a_depth_of_the_range(seed, count):
    rng = np.random.default_rng(seed)
    cameras = cameras_of(rng, count)
    points = points_in_view(cameras, 60, (1.5, 6.0), rng)
    in_view = np.zeros(60, bool)
    for camera in cameras:
        pose = camera.world_to_camera
        x, y, z = (points @ pose[:3, :3].T + pose[:3, 3]).T
        u, v = LENS.fx * x / z + LENS.cx, LENS.fy * y / z + LENS.cy
        inside = (u > -0.01) & (u < LENS.width + 0.01) & (v > -0.01) & (v < LENS.height + 0.01)
        in_view |= inside & (z > 1.499) & (z < 6.001)
    assert in_view.all()


def test_inverse_depths_are_drawn_evenly_over_the_whole_picture():
    rng = np.random.default_rng(0)
    camera = Camera(LENS, np.eye(4))
    x, y, z = points_in_view([camera], 4000, (1.0, 4.0), rng).T
    share = (LENS.fx * x / z + LENS.cx) / LENS.width, (LENS.fy * y / z + LENS.cy) / LENS.height
    for values in (*share, (1 / z - 0.25) / 0.75):
        counts, _ = np.histogram(values, bins=4, range=(0, 1))
        assert counts.sum() >= 3999
        assert np.abs(counts - 1000).max() < 120


def test_they_are_gray_faint_and_as_large_as_their_distances():
    means = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), axis=-1).reshape(-1, 3) * 0.5
    scene = gaussians_at(means, degree=2, channels=3, rng=np.random.default_rng(0))
    assert not scene.harmonics.any()
    assert (scene.opacities < 0.2).all()
    np.testing.assert_allclose(np.exp(scene.log_scales), 0.3, rtol=1e-5)
    assert all(values.dtype == np.float32 for values in scene.parameters())


def test_points_at_one_place_have_a_size():
    scene = gaussians_at(np.zeros((5, 3)), degree=0, channels=1, rng=np.random.default_rng(0))
    assert np.isfinite(scene.log_scales).all()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fewer_than_have_neighbours_are_refused(count):
    with pytest.raises(OptionError, match="at least 4 Gaussians"):
        gaussians_at(np.zeros((count, 3)), degree=0, channels=1, rng=np.random.default_rng(0))


def test_half_of_a_scene_lies_about_the_point_that_cameras_look_at():
    rng = np.random.default_rng(0)
    cameras = cameras_of(rng, 6)
    common = common_view_point(np.stack([camera.world_to_camera for camera in cameras]))
    scene, distance = scene_gaussians(cameras, common, 400, degree=1, channels=3, rng=rng)
    assert distance == pytest.approx(common.distance)
    assert scene.harmonics.shape == (400, 4, 3)
    # The ball fills the lower side of the picture.
    radius = distance * 30 / 45 / 2
    away = np.linalg.norm(scene.means - np.ones(3), axis=1)
    assert away[:200].max() <= radius * 1.0001
    assert np.mean(away[:200] < radius / 2) == pytest.approx(1 / 8, abs=0.05)
    assert np.mean(away[200:] > radius) > 0.5


def test_a_scene_before_parallel_cameras_is_as_far_as_these_are_apart():
    rng = np.random.default_rng(0)
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[:, 0, 3] = 0, -1, -2
    cameras = [Camera(LENS, pose) for pose in poses]
    scene, distance = scene_gaussians(
        cameras, common_view_point(poses), 300, degree=0, channels=1, rng=rng
    )
    assert distance == 4
    assert scene.means[:, 2].min() > 1.5
    assert scene.means[:, 2].max() < 40.1

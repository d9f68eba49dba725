"""Middle and size of scenes."""

import numpy as np
import pytest

from spikecam.errors import OptionError
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.gaussians import Gaussians
from spikecam.views.orbit_view import OrbitView
from spikecam.views.rendering import render
from spikecam.views.scene_extent import scene_extent
from spikecam.views.scene_summary import summarize_scene


def test_a_ball_is_where_it_is(ball):
    extent = scene_extent(ball)
    np.testing.assert_allclose(extent.middle, (2, 0, -1), atol=0.15)
    assert extent.radius == pytest.approx(1.08, abs=0.15)


def test_faint_strays_do_not_count(ball):
    far = [np.concatenate([values, values[:40]]) for values in ball.parameters()]
    far[0][400:] += 1000
    far[3][400:] = -6
    with_strays = scene_extent(Gaussians(*far))
    assert with_strays.radius == pytest.approx(scene_extent(ball).radius, rel=0.05)


def test_a_camera_at_that_distance_has_the_scene_in_view(ball):
    extent = scene_extent(ball)
    intrinsics = Intrinsics.from_field_of_view(64, 32, 0.9)
    view = OrbitView(extent.middle, extent.distance_in_view(intrinsics), np.array([0, 0, 1.0]))
    covered = render(ball, view.camera(intrinsics)).transmittance < 0.5
    rows = np.flatnonzero(covered.any(axis=1))
    assert 24 < rows.max() - rows.min() + 1 <= 32
    assert not covered[:, [0, -1]].any()


def test_depths_lie_in_their_range(ball):
    extent = scene_extent(ball)
    pose = np.eye(4)
    pose[:3, 3] = (-2, 0, 6)
    camera = Camera(Intrinsics.from_field_of_view(40, 40, 0.6), pose)
    near, far = extent.depth_range(camera.centre[None])
    view = render(ball, camera, with_depth=True)
    depths = view.depth[view.transmittance < 0.1]
    assert near < depths.min() < depths.max() < far
    # Inside of the scene.
    assert extent.depth_range(extent.middle[None])[0] == 0


def test_a_scene_without_size_is_refused(ball):
    point = Gaussians(*(values[:1] for values in ball.parameters()))
    point.log_scales = np.full((1, 3), -2000, np.float32)
    for scene in (point, Gaussians(*(values[:0] for values in ball.parameters()))):
        with pytest.raises(OptionError, match="the scene h"):
            scene_extent(scene)


def test_facts_of_a_scene(ball):
    facts = summarize_scene(ball)
    assert (facts["gaussians"], facts["degree"], facts["channels"]) == (400, 1, 3)
    assert facts["radius"] == scene_extent(ball).radius
    assert facts["middle"] == scene_extent(ball).middle.tolist()

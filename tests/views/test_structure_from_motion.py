"""Poses from pictures by COLMAP, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest

from spikecam.errors import GeometryError, OptionError
from spikecam.views import structure_from_motion
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.poses import look_at
from spikecam.views.quad_scene import Quad, QuadScene
from spikecam.views.structure_from_motion import estimate_poses
from spikecam.views.textures import poster
from spikecam.views.trajectory_error import trajectory_error

LENS = Intrinsics.from_field_of_view(200, 150, 0.9)


def model_of(numbers):
    """A model of COLMAP, as far as it is read, of cameras that look along z, y down."""
    pose = SimpleNamespace(matrix=lambda: np.eye(4)[:3])
    images = {
        n: SimpleNamespace(name=f"{n:06d}.png", has_pose=True, cam_from_world=lambda: pose)
        for n in numbers
    }
    lens = SimpleNamespace(
        focal_length_x=50.0, focal_length_y=50.0, principal_point_x=8.0, principal_point_y=6.0
    )
    return SimpleNamespace(images=images, cameras={1: lens})


def best_poses(*models):
    names = [f"{n:06d}.png" for n in range(9)]
    return structure_from_motion._best_poses([model_of(m) for m in models], names, (12, 16))


def test_the_largest_model_is_the_result():
    poses = best_poses((1, 2), (8, 1, 2, 3))
    assert poses.indices == (1, 2, 3, 8)
    assert poses.intrinsics == Intrinsics(16, 12, 50.0, 50.0, 8.0, 6.0)
    assert str(poses).startswith("4 of 9 views registered; distances have no scale")
    # The camera's y axis, which is down in its pictures, is down in the world.
    np.testing.assert_allclose(poses.world_to_camera[0, 1, :3], (0, 0, -1), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(poses.world_to_camera), 1)


def test_views_off_the_path_are_left_out():
    times = np.array([0, 1, 2, 4, 5, 6, 7, 8.0])
    # There and back: the camera turns round at 5.
    centres = np.stack([np.minimum(times, 10 - times), 0 * times, 0 * times], axis=1)
    assert structure_from_motion._views_on_path(times, centres) == list(range(8))
    centres[3, 1] += 6
    assert structure_from_motion._views_on_path(times, centres) == [0, 1, 2, 4, 5, 6, 7]


def test_models_that_nothing_ties_together_are_refused():
    with pytest.raises(GeometryError, match=r"9 pictures fall .* of 4 views and of 3, 2; take"):
        best_poses((0, 1, 2, 3), (4, 5), (6, 7, 8))
    with pytest.raises(GeometryError, match="none of 9 pictures could be registered"):
        best_poses()


@pytest.fixture(scope="module")
def colmap():
    return pytest.importorskip("pycolmap", reason="pycolmap is not installed")


@pytest.fixture(scope="module")
def flight():
    """Pictures of two posters, one before the other, and the poses of their cameras."""
    rng = np.random.default_rng(0)
    quads = []
    for depth, half, words in ((4.5, 6.0, "WALL OF WORDS"), (3.0, 0.8, "CARD")):
        corner = np.array([-half, -half, depth])
        edges = np.array([2 * half, 0, 0]), np.array([0, 2 * half, 0])
        quads.append(Quad(corner, *edges, poster(rng, words)))
    scene = QuadScene(quads)
    turn = np.radians(np.linspace(-30, 30, 13))
    centres = np.stack([3.5 * np.sin(turn), 0.9 * np.sin(9 * turn), 3.5 - 3.5 * np.cos(turn)], 1)
    poses = look_at(centres, np.array([0, 0, 3.5]), np.array([0, -1.0, 0]))
    pictures = [np.clip(scene.render(Camera(LENS, pose)), 0, 1) for pose in poses]
    return pictures, poses


def test_poses_of_pictures(colmap, flight):
    pictures, truth = flight
    level = colmap.logging.minloglevel
    estimate = estimate_poses(pictures, LENS)
    assert len(estimate.indices) >= 11
    assert estimate.pictures == 13
    assert estimate.intrinsics == LENS
    error = trajectory_error(estimate.world_to_camera, truth[list(estimate.indices)])
    assert error.max_centre < 0.04
    assert error.max_angle < 3
    assert colmap.logging.minloglevel == level


def test_pictures_without_anything_in_them_are_refused(colmap):
    with pytest.raises(GeometryError, match="none of 4 pictures could be registered"):
        estimate_poses([np.full((40, 50), 0.5, np.float32)] * 4)


def test_pictures_that_do_not_fit_are_refused(colmap):
    gray = np.zeros((40, 50), np.float32)
    with pytest.raises(OptionError, match="poses need 3 pictures or more, not 2"):
        estimate_poses([gray, gray])
    with pytest.raises(GeometryError, match="picture 2 is 40x50 and those before it are 50x40"):
        estimate_poses([gray, gray, gray.T])
    with pytest.raises(GeometryError, match="50x40 and the intrinsics are for 200x150"):
        estimate_poses([gray] * 3, LENS)

import numpy as np
import pytest

import spikecam as sc
from spikecam.views import quad_scene
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.quad_scene import Quad, QuadScene

LENS = Intrinsics(60, 40, 50.0, 54.0, 29.0, 21.5)


def camera(pose=None, lens=LENS):
    return Camera(lens, np.eye(4) if pose is None else pose)


def wall(texture, depth=2.0, half=10.0, **options):
    """A square that faces a camera without a pose."""
    corner = np.array([-half, -half, depth])
    edge = 2 * half
    return Quad(corner, np.array([edge, 0, 0]), np.array([0, edge, 0]), texture, **options)


def even(value, size=4):
    return np.full((size, size, 3), value, np.float32)


def random_pose(rng):
    rotation, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    pose = np.eye(4)
    pose[:3, :3] = rotation * np.sign(np.linalg.det(rotation))
    pose[:3, 3] = rng.standard_normal(3)
    return pose


def test_a_wall_of_one_colour_fills_the_picture():
    scene = QuadScene([wall(even((0.2, 0.5, 0.9)))])
    picture = scene.render(camera())
    assert picture.shape == (40, 60, 3)
    assert picture.dtype == np.float32
    assert picture == pytest.approx(np.broadcast_to([0.2, 0.5, 0.9], (40, 60, 3)), abs=2e-5)
    assert scene.depth(camera()) == pytest.approx(2)
    assert len(scene) == 1


def test_depth_is_that_of_rays_solved_one_by_one():
    rng = np.random.default_rng(4)
    quads = [Quad(*(rng.standard_normal((3, 3)) * [[2], [3], [3]]), even(0.5)) for _ in range(12)]
    view = camera(random_pose(rng))
    depth = QuadScene(quads).depth(view)
    rotation = view.world_to_camera[:3, :3]
    for y, x in np.ndindex(depth.shape):
        ray = rotation.T @ [(x + 0.5 - LENS.cx) / LENS.fx, (y + 0.5 - LENS.cy) / LENS.fy, 1]
        hits = [np.inf]
        for quad in quads:
            system = np.stack([ray, -quad.along, -quad.down], axis=1)
            t, a, b = np.linalg.solve(system, quad.corner - view.centre)
            if t > 1e-3 and 0 <= a <= 1 and 0 <= b <= 1:
                hits.append(t)
        assert depth[y, x] == pytest.approx(min(hits), rel=1e-4)
    assert 0.2 < np.isfinite(depth).mean() < 1


def test_a_dot_is_where_its_point_is_projected():
    texture = np.zeros((64, 64, 3), np.float32)
    texture[20:22, 40:42] = 1
    rng = np.random.default_rng(1)
    quad = Quad(
        np.array([-1.0, -1.2, 3.0]), np.array([2.0, 0.3, 0.9]), np.array([0.2, 2.0, -0.6]), texture
    )
    lens = Intrinsics(200, 160, 180.0, 190.0, 95.0, 84.0)
    pose = np.eye(4)
    pose[:3, 3] = rng.uniform(-0.2, 0.2, 3)
    picture = QuadScene([quad]).render(camera(pose, lens), 25)[..., 0]
    point = quad.corner + quad.along * 41 / 64 + quad.down * 21 / 64 + pose[:3, 3]
    place = lens.fx * point[0] / point[2] + lens.cx, lens.fy * point[1] / point[2] + lens.cy
    y, x = np.indices(picture.shape) + 0.5
    centroid = [(picture * axis).sum() / picture.sum() for axis in (x, y)]
    assert centroid == pytest.approx(place, abs=0.05)


def test_the_texture_begins_at_the_corner_and_runs_along_the_first_edge():
    texture = np.zeros((2, 2, 3), np.float32)
    texture[0, 0, 0] = texture[0, 1, 1] = texture[1, 0, 2] = 1
    picture = QuadScene([wall(texture, half=0.5)]).render(camera())
    assert picture[12, 20].argmax() == 0
    assert picture[12, 38].argmax() == 1
    assert picture[30, 20].argmax() == 2


def test_a_pixel_that_is_half_covered_has_half_the_light():
    lens = Intrinsics(4, 4, 4.0, 4.0, 2.0, 2.0)
    # It ends in the middle of the third column, and of the third row.
    quad = Quad(
        np.array([-5.0, -5.0, 1.0]), np.array([5.125, 0, 0]), np.array([0, 5.125, 0]), even(1.0)
    )
    picture = QuadScene([quad]).render(camera(lens=lens), 100)[..., 0]
    assert picture[0] == pytest.approx([1, 1, 0.5, 0], abs=0.02)
    assert picture[:, 0] == pytest.approx([1, 1, 0.5, 0], abs=0.02)
    assert picture[2, 2] == pytest.approx(0.25, abs=0.03)


def test_what_is_nearer_hides_what_is_behind():
    scene = QuadScene([wall(even(0.9), 1.0, 0.1), wall(even(0.1), 3.0)])
    picture, depth = scene.render(camera()), scene.depth(camera())
    assert picture[21, 29, 0] == pytest.approx(0.9, abs=1e-4)
    assert picture[2, 2, 0] == pytest.approx(0.1, abs=1e-4)
    assert (depth[21, 29], depth[2, 2]) == (1, 3)


def test_nothing_is_black_and_infinitely_far():
    behind, edge_on = wall(even(1.0), -1.0), wall(even(1.0), 0.0)
    scene = QuadScene([behind, edge_on])
    assert not scene.render(camera()).any()
    assert np.isinf(scene.depth(camera())).all()


def test_a_far_texture_is_seen_as_its_mean():
    checks = np.indices((64, 64)).sum(0) % 2
    texture = np.repeat(checks[..., None], 3, axis=2).astype(np.float32)
    ground = Quad(
        np.array([-50.0, 1.0, 1.0]), np.array([100.0, 0, 0]), np.array([0, 0, 100.0]), texture
    )
    repeated = Quad(ground.corner, ground.along, ground.down, texture, (40.0, 40.0))
    picture = QuadScene([repeated]).render(camera())[..., 0]
    assert picture[24:27] == pytest.approx(0.5, abs=0.06)


def test_a_repeated_texture_goes_on_without_a_seam():
    wave = (np.sin(2 * np.pi * (np.arange(32) + 0.5) / 32) + 1) / 2
    texture = np.broadcast_to(wave[None, :, None], (32, 32, 3)).astype(np.float32)
    picture = QuadScene([wall(texture, half=2.0, repeats=(4.0, 4.0))]).render(camera(), 16)[..., 0]
    x = (np.arange(60) + 0.5 - LENS.cx) / LENS.fx * 2
    expected = (np.sin(2 * np.pi * x) + 1) / 2
    inside = np.abs(x) < 0.95
    assert picture[20, inside] == pytest.approx(expected[inside], abs=0.02)


def test_shading_is_interpolated_from_corner_to_corner():
    shading = np.array([[0.0, 1.0], [0.0, 1.0]], np.float32)
    picture = QuadScene([wall(even(0.8), half=2.0, shading=shading)]).render(camera(), 4)[..., 0]
    x = (np.arange(60) + 0.5 - LENS.cx) / LENS.fx * 2
    assert picture[20] == pytest.approx(0.8 * (x + 2) / 4, abs=0.01)


def test_rows_do_not_depend_on_threads(monkeypatch):
    rng = np.random.default_rng(0)
    texture = rng.random((32, 32, 3)).astype(np.float32)
    scene = QuadScene([wall(texture, half=3.0), wall(texture, 1.0, 0.3)])
    threaded = scene.render(camera())
    monkeypatch.setattr(
        quad_scene, "run_over_rows", lambda kernel, height, *args: kernel(*args, 0, height)
    )
    assert np.array_equal(threaded, scene.render(camera()))


@pytest.mark.parametrize(
    ("quads", "message"),
    [
        ([], "at least one"),
        ([Quad(np.zeros(3), np.ones(3), 2 * np.ones(3), even(1.0))], "two directions"),
        ([wall(np.zeros((4, 4), np.float32))], "height, width, 3"),
        ([wall(even(1.5))], "from 0 to 1"),
        ([wall(even(np.nan))], "from 0 to 1"),
        ([wall(even(1.0), shading=np.ones((1, 2), np.float32))], "at least 2x2"),
        ([wall(even(1.0), shading=np.full((2, 2), 1.5, np.float32))], "shading is from 0 to 1"),
    ],
)
def test_scenes_that_cannot_be_drawn_are_refused(quads, message):
    with pytest.raises(sc.OptionError, match=message):
        QuadScene(quads)


def test_a_pixel_without_samples_is_refused():
    with pytest.raises(sc.OptionError, match="at least 1 sample"):
        QuadScene([wall(even(1.0))]).render(camera(), 0)

"""Pictures and gradients of the compiled rasteriser against the reference in PyTorch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.gaussians import Gaussians
from spikecam.views.reference import render_reference
from spikecam.views.rendering import render

TOLERANCE = 1e-4
NAMES = ("means", "log_scales", "rotations", "opacity_logits", "harmonics", "pose")


def reference_of(scene, camera, background, by_picture=None):
    """Picture, transmittance and depth of the reference, and gradients by parameters and pose."""
    channels = scene.harmonics.shape[2]
    leaves = [
        torch.tensor(values, dtype=torch.float64, requires_grad=True)
        for values in (*scene.parameters(), np.zeros(6))
    ]
    behind = torch.tensor(np.broadcast_to(background, channels).copy(), dtype=torch.float64)
    pictures = render_reference(*leaves[:5], camera, behind, leaves[5])
    if by_picture is not None:
        (pictures[0] * torch.tensor(by_picture)).sum().backward()
    return [values.detach().numpy() for values in pictures], [leaf.grad for leaf in leaves]


def random_loss(camera, channels, seed=1):
    rng = np.random.default_rng(seed)
    size = camera.intrinsics.height, camera.intrinsics.width
    return rng.normal(size=(channels, *size)).astype("f4")


def assert_equal_to_reference(scene, camera, background=0.0):
    """Pictures to 1e-4, gradients to 1e-4 of the largest of their kind."""
    view = render(scene, camera, background=background, with_depth=True)
    by_picture = random_loss(camera, scene.harmonics.shape[2])
    pictures, expected = reference_of(scene, camera, background, by_picture)
    gradients, pose = view.backward(by_picture)
    np.testing.assert_allclose(view.picture, pictures[0], rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(view.transmittance, pictures[1], atol=TOLERANCE)
    # Where nearly nothing is drawn, the mean distance by weight is that of rounding.
    drawn = pictures[1] < 0.99
    np.testing.assert_allclose(view.depth[drawn], pictures[2][drawn], rtol=TOLERANCE)
    for name, actual, leaf in zip(NAMES, (*gradients.parameters(), pose), expected, strict=True):
        largest = np.abs(leaf.numpy()).max(initial=0)
        error = np.abs(actual - leaf.numpy()).max(initial=0)
        assert error <= TOLERANCE * largest, f"{name}: {error:.1e} of {largest:.1e}"
    return view


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_pictures_and_gradients_are_those_of_the_reference(
    scene_of, turned_camera, channels, degree
):
    scene = scene_of(120, channels=channels, degree=degree, seed=degree)
    background = 0.3 if channels == 1 else (0.1, 0.5, 0.9)
    view = assert_equal_to_reference(scene, turned_camera, background)
    assert 0.05 < view.transmittance.mean() < 0.8


@pytest.mark.parametrize(
    "lens",
    [
        Intrinsics(1, 1, 2.0, 2.0, 0.5, 0.5),
        Intrinsics(16, 48, 40.0, 40.0, 8.0, 24.0),
        Intrinsics(33, 17, 20.0, 50.0, -4.0, 30.0),
    ],
    ids=str,
)
def test_pictures_of_any_size_are_those_of_the_reference(scene_of, turned_camera, lens):
    assert_equal_to_reference(scene_of(60, degree=1), Camera(lens, turned_camera.world_to_camera))


def test_a_camera_inside_the_scene_sees_what_is_before_it(scene_of, turned_camera):
    pose = turned_camera.world_to_camera.copy()
    pose[:3, 3] = 0.05, 0.1, 0.2
    scene = scene_of(80, degree=1, size=0.05)
    depth = scene.means @ pose[2, :3] + pose[2, 3]
    assert (depth < 0).any()
    assert_equal_to_reference(scene, Camera(turned_camera.intrinsics, pose), 0.5)


@pytest.mark.parametrize("size", [1e-4, 1e-2, 0.5, 3.0])
def test_tiny_and_huge_gaussians_are_those_of_the_reference(scene_of, turned_camera, size):
    assert_equal_to_reference(scene_of(40, degree=1, size=size), turned_camera, 0.2)


def test_needles_are_those_of_the_reference(scene_of, turned_camera):
    scene = scene_of(40)
    scene.log_scales[:] = np.log([0.2, 1e-3, 1e-3])
    assert_equal_to_reference(scene, turned_camera)


def test_opaque_gaussians_are_those_of_the_reference(scene_of, turned_camera):
    # Many pixels reach the largest alpha, and the light ends before the last Gaussian.
    scene = scene_of(100, size=0.2)
    scene.opacity_logits += 7
    view = assert_equal_to_reference(scene, turned_camera, 0.7)
    assert (view.transmittance < 1e-4).mean() > 0.2


@pytest.mark.parametrize(("logit", "is_limited"), [(6.5, False), (7.5, True)])
def test_a_limited_alpha_has_no_gradient(logit, is_limited):
    scene = ball_at_depth_2(0.1, 0.6)
    scene.opacity_logits[:] = logit
    camera = Camera(Intrinsics(1, 1, 30.0, 30.0, 0.5, 0.5), np.eye(4))
    view = render(scene, camera)
    gradients, _ = view.backward(np.ones((1, 1, 1), np.float32))
    assert (gradients.opacity_logits[0] == 0) == is_limited
    assert (view.transmittance[0, 0] == pytest.approx(0.001, rel=1e-3)) == is_limited


def ball_at_depth_2(sigma, opacity):
    """A ball of a gray of 0.75, right before a camera at the origin."""
    return Gaussians(
        *(
            np.array(values, np.float32)
            for values in (
                [[0, 0, 2]],
                np.full((1, 3), np.log(sigma)),
                [[1, 0, 0, 0]],
                [np.log(opacity / (1 - opacity))],
                [[[0.25 / 0.28209479]]],
            )
        )
    )


def test_one_gaussian_has_its_formula():
    lens = Intrinsics(21, 21, 30.0, 30.0, 10.5, 10.5)
    sigma, opacity = 0.1, 0.6
    scene = ball_at_depth_2(sigma, opacity)
    view = render(scene, Camera(lens, np.eye(4)), background=0.1, with_depth=True)
    y, x = np.indices((21, 21)) - 10
    variance = (sigma * 30 / 2) ** 2 + 0.3
    alpha = opacity * np.exp(-(x**2 + y**2) / (2 * variance))
    alpha[alpha < 1 / 255] = 0
    np.testing.assert_allclose(view.picture[0], 0.75 * alpha + 0.1 * (1 - alpha), atol=1e-5)
    np.testing.assert_allclose(view.transmittance, 1 - alpha, atol=1e-5)
    np.testing.assert_allclose(view.depth, np.where(alpha > 0, 2, 0), rtol=1e-5)


def test_what_is_nearer_than_the_near_plane_is_not_drawn(turned_camera, scene_of):
    lens = turned_camera.intrinsics
    scene = scene_of(2, size=1e-3)
    scene.means[:] = [[0, 0, 0.0099], [0, 0, 0.0101]]
    scene.opacity_logits[:] = 0
    camera = Camera(lens, np.eye(4))
    assert_equal_to_reference(scene, camera)
    first = Gaussians(*(values[:1].copy() for values in scene.parameters()))
    assert (render(first, camera).transmittance == 1).all()


@pytest.mark.parametrize("count", [0, 5])
def test_nothing_in_view_is_the_background(scene_of, turned_camera, count):
    scene = scene_of(count, channels=3, degree=1)
    away = turned_camera.world_to_camera.copy()
    away[2, 3] = -5
    camera = Camera(turned_camera.intrinsics, away)
    view = render(scene, camera, background=(0.1, 0.2, 0.3), with_depth=True)
    expected = np.broadcast_to(np.float32([[[0.1]], [[0.2]], [[0.3]]]), (3, 37, 53))
    np.testing.assert_array_equal(view.picture, expected)
    assert (view.transmittance == 1).all()
    assert (view.depth == 0).all()
    gradients, pose = view.backward(random_loss(camera, 3))
    assert not any(values.any() for values in gradients.parameters())
    assert not pose.any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", NAMES[:5])
def test_gaussians_that_are_not_finite_are_left_out(scene_of, turned_camera, name, value):
    scene = scene_of(30, channels=3, degree=1)
    others = Gaussians(*(np.delete(values, 4, axis=0) for values in scene.parameters()))
    values = getattr(scene, name)
    values[(4, *np.zeros(values.ndim - 1, int))] = value
    view, expected = render(scene, turned_camera), render(others, turned_camera)
    # An axis without length, or an opacity of 1, is still a Gaussian.
    if (name, value) not in (("log_scales", -np.inf), ("opacity_logits", np.inf)):
        np.testing.assert_array_equal(view.picture, expected.picture)
    gradients, pose = view.backward(random_loss(turned_camera, 3))
    assert all(np.isfinite(values).all() for values in (*gradients.parameters(), pose))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_pictures_of_any_numbers_are_finite(scene_of, turned_camera, seed):
    rng = np.random.default_rng(seed)
    scene = scene_of(6, channels=3, degree=1, seed=seed)
    powers = np.float32(10) ** rng.choice([-30, -8, 0, 0, 0, 3, 8, 30, 37], 5)
    scaled = zip(scene.parameters(), powers, strict=True)
    parameters = [np.asarray(values * power, np.float32) for values, power in scaled]
    view = render(Gaussians(*parameters), turned_camera, with_depth=True)
    for values in (view.picture, view.transmittance, view.depth):
        assert np.isfinite(values).all()
    # Gradients may overflow, but are made.
    with np.errstate(invalid="ignore"):
        view.backward(random_loss(turned_camera, 3))


def test_a_gradient_is_added_to_what_is_there(scene_of, turned_camera):
    scene = scene_of(20, degree=1)
    view = render(scene, turned_camera)
    loss = random_loss(turned_camera, 1)
    once, pose = view.backward(loss)
    sums = Gaussians(*(values.copy() for values in once.parameters()))
    np.testing.assert_array_equal(view.add_gradients(sums, loss), pose)
    for twice, single in zip(sums.parameters(), once.parameters(), strict=True):
        np.testing.assert_allclose(twice, 2 * single, rtol=1e-4, atol=1e-6)


def test_depth_is_made_where_it_is_asked_for(scene_of, turned_camera):
    assert render(scene_of(5), turned_camera).depth is None


def test_nothing_depends_on_the_number_of_cores(scene_of, turned_camera, with_cores):
    scene = scene_of(200, channels=3, degree=2)
    lens = replace(turned_camera.intrinsics, width=90, height=70)
    camera = Camera(lens, turned_camera.world_to_camera)

    def results():
        view = render(scene, camera, background=0.4, with_depth=True)
        gradients, pose = view.backward(random_loss(camera, 3))
        return view.picture, view.transmittance, view.depth, pose, *gradients.parameters()

    expected = with_cores(1, results)
    for cores in (2, 3):
        for one, other in zip(expected, with_cores(cores, results), strict=True):
            np.testing.assert_array_equal(one, other)

"""gsplat against the compiled rasteriser: on a GPU, and on any machine with a stand-in for it."""

import importlib.util
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from spikecam.errors import OptionError, SpikecamError
from spikecam.views.backend import pick_renderer
from spikecam.views.gsplat_rendering import render_gsplat
from spikecam.views.reference import render_reference
from spikecam.views.rendering import render

HAS_GSPLAT = importlib.util.find_spec("gsplat") is not None
# gsplat's exponential is fast and rough, and its limits are met by rounding.
AGREEMENT = 1e-3


def random_loss(view, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=view.picture.shape).astype(np.float32)


def assert_agreement(view, expected):
    """Pictures to 1e-3, gradients to 1e-3 of the largest of their kind."""
    np.testing.assert_allclose(view.picture, expected.picture, atol=AGREEMENT)
    np.testing.assert_allclose(view.transmittance, expected.transmittance, atol=AGREEMENT)
    drawn = expected.transmittance < 0.99
    np.testing.assert_allclose(view.depth[drawn], expected.depth[drawn], rtol=AGREEMENT)
    loss = random_loss(expected)
    gradients, pose = view.backward(loss)
    expected_gradients, expected_pose = expected.backward(loss)
    pairs = zip(
        (*gradients.parameters(), pose),
        (*expected_gradients.parameters(), expected_pose),
        strict=True,
    )
    for actual, wanted in pairs:
        assert actual.shape == wanted.shape
        np.testing.assert_allclose(actual, wanted, atol=AGREEMENT * np.abs(wanted).max())
    by_pose = view.add_gradients(gradients, loss)
    again, wanted_pose = expected.backward(loss)
    np.testing.assert_allclose(by_pose, wanted_pose, atol=AGREEMENT * np.abs(wanted_pose).max())
    total = again.means + expected_gradients.means
    np.testing.assert_allclose(gradients.means, total, atol=AGREEMENT * np.abs(total).max())


@pytest.fixture
def stand_in(monkeypatch, turned_camera):
    """In place of gsplat: its arguments, drawn by the reference from the turned camera."""

    def rasterization(
        means,
        quats,
        scales,
        opacities,
        colors,
        viewmats,
        Ks,
        width,
        height,
        *,
        near_plane,
        eps2d,
        sh_degree,
        packed,
        tile_size,
        render_mode,
        rasterize_mode,
    ):
        lens = turned_camera.intrinsics
        wanted = [[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]]
        np.testing.assert_allclose(Ks, [wanted])
        assert (width, height) == (lens.width, lens.height)
        np.testing.assert_allclose((near_plane, eps2d), (0.01, 0.3), rtol=1e-6)
        assert (packed, tile_size, rasterize_mode) == (False, 16, "classic")
        assert colors.shape[1:] == ((sh_degree + 1) ** 2, 3)
        view = torch.tensor(turned_camera.world_to_camera)
        turn = viewmats[0].double() @ torch.linalg.inv(view)
        twist = torch.stack((*turn[:3, 3], turn[2, 1], turn[0, 2], turn[1, 0]))
        picture, rest, depth = render_reference(
            means.double(),
            scales.double().log(),
            quats.double(),
            opacities.double().logit(),
            colors.double(),
            turned_camera,
            torch.zeros(3, dtype=torch.float64),
            twist,
        )
        layers = picture.permute(1, 2, 0)
        if render_mode == "RGB+D":
            layers = torch.cat([layers, (depth * (1 - rest))[..., None]], dim=-1)
        return layers[None].float(), (1 - rest)[None, ..., None].float(), {}

    monkeypatch.setitem(sys.modules, "gsplat", SimpleNamespace(rasterization=rasterization))


@pytest.mark.parametrize(("channels", "degree"), [(1, 0), (1, 2), (3, 1)])
def test_gsplat_is_given_the_scene_and_the_camera(
    stand_in, scene_of, turned_camera, channels, degree
):
    scene = scene_of(80, channels=channels, degree=degree)
    background = 0.3 if channels == 1 else (0.1, 0.5, 0.9)
    settings = {"background": background, "with_depth": True}
    view = render_gsplat(scene, turned_camera, device="cpu", **settings)
    assert_agreement(view, render(scene, turned_camera, **settings))
    assert render_gsplat(scene, turned_camera, device="cpu").depth is None


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_GSPLAT, reason="gsplat is not installed")
@pytest.mark.parametrize(("channels", "degree"), [(1, 0), (1, 2), (3, 3)])
def test_gsplat_agrees_on_a_gpu(device, scene_of, turned_camera, channels, degree):
    if not device.startswith("cuda"):
        pytest.skip("gsplat needs a CUDA GPU")
    scene = scene_of(400, channels=channels, degree=degree)
    settings = {"background": 0.3, "with_depth": True}
    view = pick_renderer(device)(scene, turned_camera, **settings)
    assert_agreement(view, render(scene, turned_camera, **settings))


@pytest.mark.filterwarnings("ignore")
def test_projection_and_harmonics_are_those_of_gsplat(scene_of, turned_camera):
    """gsplat's own formulas in PyTorch, which need no GPU."""
    formulas = pytest.importorskip("gsplat.cuda._torch_impl", exc_type=ImportError)
    from spikecam.views.projection import project_gaussians
    from spikecam.views.splats import Splats

    scene, lens = scene_of(300, channels=3, degree=3), turned_camera.intrinsics
    splats = Splats.empty(300, 3)
    view = turned_camera.world_to_camera.astype(np.float32)
    numbers = np.array([lens.fx, lens.fy, lens.cx, lens.cy, lens.width, lens.height], np.float32)
    project_gaussians(
        *scene.parameters(), view, numbers, np.float32(1 / 255), 16, tuple(splats), 0, 300
    )
    seen = splats.tiles[:, 0] < splats.tiles[:, 1]
    assert seen.sum() > 100
    means, scales, quats = map(
        torch.tensor, (scene.means, np.exp(scene.log_scales), scene.rotations)
    )
    covariances, _ = formulas._quat_scale_to_covar_preci(quats, scales, True, False)
    matrix = torch.tensor([[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]])
    _, centres, depths, conics, _ = formulas._fully_fused_projection(
        means, covariances, torch.tensor(view)[None], matrix[None], lens.width, lens.height
    )
    directions = means - torch.tensor(turned_camera.centre, dtype=torch.float32)
    colours = formulas._spherical_harmonics(3, directions, torch.tensor(scene.harmonics)) + 0.5
    pairs = (
        (splats.centres, centres[0], 1e-3),
        (splats.depths, depths[0], 1e-5),
        (splats.conics, conics[0], 1e-4),
        (splats.colours, colours.clamp(min=0), 1e-5),
    )
    for actual, wanted, tolerance in pairs:
        np.testing.assert_allclose(actual[seen], wanted[seen], rtol=1e-4, atol=tolerance)


def test_the_renderer_of_a_device(monkeypatch):
    assert pick_renderer("cpu") is render
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert pick_renderer() is render
    with pytest.raises(OptionError, match="there is no CUDA device"):
        pick_renderer("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert pick_renderer() is render
    with pytest.raises(SpikecamError, match="gsplat is not installed; for rendering on a GPU run"):
        pick_renderer("cuda:0")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    chosen = pick_renderer("cuda:0")
    assert chosen.func is render_gsplat
    assert chosen.keywords == {"device": torch.device("cuda:0")}

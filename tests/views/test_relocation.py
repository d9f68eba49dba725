"""Gaussians that are copied: the picture stays, and visible ones are chosen."""

import numpy as np
import pytest

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.gaussians import Gaussians
from spikecam.views.relocation import MIN_OPACITY, choose_sources, split_gaussians
from spikecam.views.rendering import render

CAMERA = Camera(Intrinsics(64, 64, 120.0, 120.0, 32.0, 32.0), np.eye(4))


def gaussian(opacity, scales=(0.2, 0.1, 0.1)):
    parameters = (
        [[0, 0, 3]],
        [np.log(scales)],
        [[1, 0.3, 0.2, 0.5]],
        [np.log(opacity / (1 - opacity))],
        [[[1]]],
    )
    return Gaussians(*(np.array(values, np.float32) for values in parameters))


@pytest.mark.parametrize("copies", [1, 2, 4, 9])
@pytest.mark.parametrize("opacity", [0.4, 0.7, 0.95])
def test_a_gaussian_and_its_copies_look_as_it_did_alone(opacity, copies):
    scene = gaussian(opacity)
    before = render(scene, CAMERA)
    changed, logits, scales = split_gaussians(scene, np.zeros(copies, np.intp))
    assert changed.tolist() == [0]
    scene.opacity_logits[:], scene.log_scales[:] = logits, scales
    grown = Gaussians(*(np.repeat(values, copies + 1, axis=0) for values in scene.parameters()))
    after = render(grown, CAMERA)
    middle = np.s_[0, 32, 32]
    assert after.picture[middle] == pytest.approx(before.picture[middle], rel=0.01)
    # The law keeps the integral along a line; the profile changes a little.
    assert after.picture[0, 32].sum() == pytest.approx(before.picture[0, 32].sum(), rel=0.03)
    assert np.abs(after.picture - before.picture).max() < 0.12 * before.picture.max()


def test_one_that_is_copied_too_often_stays_finite():
    changed, logits, scales = split_gaussians(gaussian(0.5), np.zeros(40, np.intp))
    assert len(changed) == 1
    assert np.isfinite(logits).all()
    assert np.isfinite(scales).all()


def test_only_what_is_copied_changes():
    scenes = [gaussian(opacity) for opacity in (0.2, 0.4, 0.6)]
    parameters = zip(*(scene.parameters() for scene in scenes), strict=True)
    scene = Gaussians(*(np.concatenate(values) for values in parameters))
    changed, logits, scales = split_gaussians(scene, np.array([2, 0, 2]))
    assert changed.tolist() == [0, 2]
    _, logit, scale = split_gaussians(gaussian(0.6), np.array([0, 0]))
    assert logits[1] == pytest.approx(logit[0])
    np.testing.assert_allclose(scales[1], scale[0], rtol=1e-6)


def test_sources_are_drawn_by_opacity():
    opacities = np.float32([MIN_OPACITY / 2, 0.1, 0.3, 0.6])
    sources = choose_sources(opacities, 20_000, np.random.default_rng(0))
    share = np.bincount(sources, minlength=4) / 20_000
    np.testing.assert_allclose(share, [0, 0.1, 0.3, 0.6], atol=0.015)

"""Each of the compared losses fits a small scene."""

import numpy as np
import pytest

from spikecam.encoding import SRGB
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.views.camera import Intrinsics
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.gaussians import Gaussians
from spikecam.views.observations import SensorScale, observe_pictures
from spikecam.views.orbit import orbit_path
from spikecam.views.picture_loss import PictureLoss
from spikecam.views.rendering import render
from spikecam.views.spike_nerf_icme import SpikeNerfLoss, observe_spike_nerf
from spikecam.views.spikegs import observe_spikegs
from spikecam.views.spikenerf_cvpr import observe_spike_counts, spike_count_loss

LENS, DISTANCE, FRAMES = Intrinsics.from_field_of_view(24, 24, 0.8), 3.0, 2400
ORBIT = orbit_path((0, 0, 0), DISTANCE, FRAMES, elevation=20)
MOMENTS = range(50, 2400, 100)
UNSEEN = (158.3, 1044.2, 1967.1)
SCALE = SensorScale(0.4)


def camera_at(time):
    return ORBIT.camera_at(float(np.clip(time, 0, FRAMES)), LENS)


def light_at(scene, time):
    return SRGB.decode(np.clip(render(scene, camera_at(time)).picture[0], 0, 1))


@pytest.fixture(scope="module")
def truth(scene_of):
    scene = scene_of(12, size=0.25, seed=3)
    scene.means[:] *= 0.8
    scene.opacity_logits[:] = 2
    scene.harmonics[:] = np.random.default_rng(0).uniform(-1.2, 1.6, scene.harmonics.shape)
    return scene


@pytest.fixture(scope="module")
def stream(truth):
    return simulate((SCALE.rate(light_at(truth, time)) for time in range(FRAMES)), "ideal")


def distorted(scene):
    """The scene with Gaussians a little off, and all of them gray."""
    rng = np.random.default_rng(5)
    start = Gaussians(*(values.copy() for values in scene.parameters()))
    start.means[:] += 0.05 * rng.normal(size=start.means.shape).astype(np.float32)
    start.harmonics[:] = 0
    return start


def psnr(scene, truth):
    errors = [
        np.square(render(scene, camera_at(t)).picture - render(truth, camera_at(t)).picture)
        for t in UNSEEN
    ]
    return -10 * np.log10(np.mean(errors))


def gain(observations, truth, loss, steps=150):
    """Decibels by which a fit brings unseen views closer to the truth."""
    start = distorted(truth)
    before = psnr(start, truth)
    options = FitOptions(steps=steps, gaussians=40)
    fit = Fit(observations, camera_at, start, SRGB, DISTANCE, options, loss=loss)
    losses = [fit.step() for _ in range(steps)]
    assert np.isfinite(losses).all()
    return psnr(fit.gaussians, truth) - before


def test_pictures_are_fitted_by_their_structure(truth):
    times = [(float(t),) for t in MOMENTS]
    light = [light_at(truth, t) for (t,) in times]
    assert gain(observe_pictures(light, times), truth, PictureLoss()) > 3
    assert gain(observe_pictures(light, times), truth, PictureLoss(1.0)) > 3


def test_intervals_and_accumulated_views_are_fitted(truth, stream):
    assert gain(observe_spikegs(stream, MOMENTS, SCALE), truth, PictureLoss()) > 3


def test_masked_pictures_and_spikes_are_fitted(truth, stream):
    observations = list(observe_spike_nerf(stream, MOMENTS, SCALE, mask_frames=41))
    assert gain(observations, truth, SpikeNerfLoss()) > 3


def test_counts_of_spikes_are_fitted(truth, stream):
    spans = [(t - 16, t + 17) for t in MOMENTS]
    observations = list(observe_spike_counts(stream, spans, SCALE))
    assert gain(observations, truth, spike_count_loss) > 3

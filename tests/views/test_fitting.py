"""Fits of small scenes: from pictures and from spikes, with and without poses that are off."""

from dataclasses import replace

import numpy as np
import pytest

from spikecam.encoding import LINEAR, SRGB
from spikecam.errors import GeometryError, OptionError
from spikecam.gray import GRAY_WEIGHTS
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.views.camera import Intrinsics
from spikecam.views.fitting import Fit, FitOptions
from spikecam.views.gaussians import Gaussians
from spikecam.views.initial_gaussians import gaussians_at, points_in_view
from spikecam.views.observations import SensorScale, observe_pictures, observe_windows
from spikecam.views.orbit import orbit_path
from spikecam.views.pose_corrections import PoseCorrections
from spikecam.views.relocation import MIN_OPACITY
from spikecam.views.rendering import render

LENS = Intrinsics.from_field_of_view(32, 32, 0.8)
DISTANCE, DEPTHS = 3.0, (1.8, 4.2)
VIEWS = range(12)
UNSEEN = (0.37, 4.61, 8.43)
ORBIT = orbit_path((0, 0, 0), DISTANCE, len(VIEWS), elevation=20)


def orbit_camera(time):
    return ORBIT.camera_at(time, LENS)


@pytest.fixture(scope="module")
def balls(scene_of):
    """Twelve balls in shades of gray, or in colours."""

    def make(channels=1):
        scene = scene_of(12, channels=channels, size=0.22, seed=3)
        scene.means[:] *= 0.8
        scene.opacity_logits[:] = 2
        shades = np.random.default_rng(0).uniform(-1.2, 1.6, scene.harmonics.shape)
        scene.harmonics[:] = shades
        return scene

    return make


def random_start(channels=1, count=200, seed=0):
    cameras = [orbit_camera(time) for time in VIEWS]
    rng = np.random.default_rng(seed)
    means = points_in_view(cameras, count, DEPTHS, rng)
    return gaussians_at(means, degree=0, channels=channels, rng=rng)


def pictures_of(scene, encoding=LINEAR):
    """Light of the views, and their times."""
    views = [render(scene, orbit_camera(time)).picture for time in VIEWS]
    light = [encoding.decode(np.clip(np.moveaxis(view, 0, 2), 0, 1)) for view in views]
    return light, [(float(time),) for time in VIEWS]


def psnr(scene, truth, camera_at=orbit_camera):
    errors = [
        np.square(render(scene, camera_at(t)).picture - render(truth, orbit_camera(t)).picture)
        for t in UNSEEN
    ]
    return -10 * np.log10(np.mean(errors))


def run(fit, steps):
    losses = [fit.step() for _ in range(steps)]
    assert np.isfinite(losses).all()
    return losses


@pytest.mark.parametrize("channels", [1, 3])
def test_unseen_views_of_a_fit_are_those_of_the_scene(balls, channels):
    truth = balls(channels)
    observations = observe_pictures(*pictures_of(truth, SRGB))
    options = FitOptions(steps=500, gaussians=300)
    fit = Fit(observations, orbit_camera, random_start(channels), SRGB, DISTANCE, options)
    before = psnr(fit.gaussians, truth)
    losses = run(fit, 500)
    assert np.mean(losses[-12:]) < 0.2 * np.mean(losses[:12])
    assert psnr(fit.gaussians, truth) > max(25, before + 8)
    assert len(fit.gaussians) <= 300


def test_a_scene_is_fitted_to_spikes(balls):
    truth = balls()
    frames = 990
    camera_at = spike_camera(frames)
    light = (
        0.4 * np.clip(render(truth, camera_at(time)).picture[0], 0, 1) for time in range(frames)
    )
    stream = simulate(light, "ideal", threshold=1.0)
    spans = [(start, start + 11) for start in range(0, frames - 11, 11)]
    observations = list(observe_windows(stream, spans, SensorScale(0.4), views=1))
    options = FitOptions(steps=500, gaussians=300)
    fit = Fit(observations, camera_at, random_start(), LINEAR, DISTANCE, options)
    run(fit, 500)
    assert psnr(fit.gaussians, truth) > 23


def spike_camera(frames):
    return lambda time: orbit_camera(np.clip(time / frames, 0, 1) * len(VIEWS))


def test_poses_that_are_off_are_refined_with_the_scene(balls):
    truth = balls()
    offsets = PoseCorrections(VIEWS, DISTANCE)
    offsets.twists[:] = np.random.default_rng(5).normal(size=(12, 6)) * np.repeat([0.03, 0.06], 3)
    offsets.twists -= offsets.twists.mean(axis=0)
    observations = observe_pictures(*pictures_of(truth))

    def unseen_quality(camera_at, corrections=None):
        options = FitOptions(steps=600, gaussians=150)
        start = random_start(count=120)
        fit = Fit(observations, camera_at, start, LINEAR, DISTANCE, options, corrections)
        run(fit, 600)
        # The refined scene may lie elsewhere, but its cameras then do too.
        return psnr(fit.gaussians, truth, fit.camera)

    def shaky_camera(time):
        return offsets.correct(orbit_camera(time), time)

    right = unseen_quality(orbit_camera)
    off = unseen_quality(shaky_camera)
    refined = unseen_quality(shaky_camera, PoseCorrections(VIEWS, DISTANCE))
    assert off < right - 2
    assert refined > off + 0.4 * (right - off)


def test_a_fit_does_not_depend_on_the_number_of_cores(balls, with_cores):
    observations = observe_pictures(*pictures_of(balls()))

    def fit():
        corrections = PoseCorrections(VIEWS, DISTANCE)
        options = FitOptions(steps=20)
        start = random_start()
        fit = Fit(observations, orbit_camera, start, LINEAR, DISTANCE, options, corrections)
        return [fit.step() for _ in range(20)], corrections.twists, *fit.gaussians.parameters()

    expected = with_cores(1, fit)
    assert np.abs(expected[1]).max() > 0
    for cores in (2, 3):
        for one, other in zip(expected, with_cores(cores, fit), strict=True):
            np.testing.assert_array_equal(one, other)


def test_views_of_a_window_are_averaged(balls):
    truth = balls()
    times = [tuple(time + share for share in (0.0, 0.35, 0.7)) for time in VIEWS]
    light = [
        np.mean([render(truth, orbit_camera(t)).picture[0] for t in moments], axis=0)
        for moments in times
    ]
    errors = []
    for moments in (times, [(middle,) for _, middle, _ in times]):
        scene = Gaussians(*(values.copy() for values in truth.parameters()))
        observations = observe_pictures(light, moments)
        fit = Fit(observations, orbit_camera, scene, LINEAR, DISTANCE, FitOptions(steps=100))
        errors.append(np.mean(run(fit, 12)))
    assert errors[0] < 0.5 * errors[1]


def test_gray_spikes_and_a_colour_filter_mix_the_colours_of_a_scene(balls):
    truth = balls(3)
    light, times = pictures_of(truth)
    rng = np.random.default_rng(0)
    pattern = np.eye(3, dtype=np.float32)[rng.integers(0, 3, (32, 32))].transpose(2, 0, 1)
    filtered = [
        replace(observation, weight=pattern) for observation in observe_pictures(light, times)
    ]
    gray = observe_pictures([picture @ np.float32(GRAY_WEIGHTS) for picture in light], times)
    results = []
    for observations in (filtered, gray):
        fit = Fit(
            observations, orbit_camera, random_start(3), LINEAR, DISTANCE, FitOptions(steps=300)
        )
        run(fit, 300)
        views = [render(s, orbit_camera(UNSEEN[0])).picture for s in (fit.gaussians, truth)]
        errors = [np.square(a - b).mean() for a, b in (views, [grays(view) for view in views])]
        results.append(-10 * np.log10(errors))
    assert results[0][0] > 20
    assert results[1][1] > 23


def grays(view):
    return np.tensordot(GRAY_WEIGHTS, view, axes=1)


def test_spikes_and_colour_pictures_are_fitted_together(balls):
    truth = balls(3)
    light, times = pictures_of(truth)
    colours = observe_pictures(light[::2], times[::2])
    gray = observe_pictures([picture @ np.float32(GRAY_WEIGHTS) for picture in light], times)
    scene = Gaussians(*(values.copy() for values in truth.parameters()))
    options = FitOptions(steps=1000)
    fit = Fit([*colours, *gray], orbit_camera, scene, LINEAR, DISTANCE, options)
    # Of the truth itself, but for what is above white or below black.
    assert np.max(run(fit, 18)) < 0.02


def test_a_camera_of_another_size_than_the_pictures_is_refused(balls):
    observations = observe_pictures(*pictures_of(balls()))
    lens = LENS.resized(40, 30)

    def other_camera(time):
        return ORBIT.camera_at(time, lens)

    fit = Fit(observations, other_camera, random_start(), LINEAR, DISTANCE, FitOptions())
    with pytest.raises(GeometryError, match=r"40x30 .* 32x32"):
        fit.step()


def test_a_fit_with_the_same_seed_is_the_same(balls):
    observations = observe_pictures(*pictures_of(balls()))
    scenes = []
    for seed in (1, 1, 2):
        options = FitOptions(steps=30, seed=seed)
        fit = Fit(observations, orbit_camera, random_start(), LINEAR, DISTANCE, options)
        run(fit, 30)
        scenes.append(fit.gaussians.means)
    np.testing.assert_array_equal(scenes[0], scenes[1])
    assert (scenes[0] != scenes[2]).any()


def test_gaussians_that_are_not_seen_move_and_the_scene_grows_to_its_limit(balls):
    start = random_start()
    start.opacity_logits[:40] = -9
    options = FitOptions(steps=250, gaussians=205)
    observations = observe_pictures(*pictures_of(balls()))
    fit = Fit(observations, orbit_camera, start, LINEAR, DISTANCE, options)
    run(fit, 99)
    before = fit.gaussians.means[:40].copy()
    run(fit, 1)
    assert np.linalg.norm(fit.gaussians.means[:40] - before, axis=1).min() > 0.01
    assert (fit.gaussians.opacities > MIN_OPACITY).all()
    assert len(fit.gaussians) == 205
    run(fit, 100)
    assert len(fit.gaussians) == 205


def test_a_scene_without_visible_gaussians_goes_on(balls):
    start = random_start()
    start.opacity_logits[:] = -12
    observations = observe_pictures(*pictures_of(balls()))
    fit = Fit(observations, orbit_camera, start, LINEAR, DISTANCE, FitOptions(steps=200))
    run(fit, 100)
    assert len(fit.gaussians) == 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps and gaussians are at least 1"),
        ({"gaussians": 0}, "steps and gaussians are at least 1"),
        ({"background": 1.5}, "0 for black to 1 for white, not 1.5"),
        ({"background": float("nan")}, "0 for black to 1 for white, not nan"),
    ],
)
def test_options_outside_their_range_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        FitOptions(**options)


def test_nothing_to_fit_to_is_refused():
    with pytest.raises(OptionError, match="nothing to fit"):
        Fit([], orbit_camera, random_start(), LINEAR, DISTANCE, FitOptions())

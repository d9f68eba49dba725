"""Motion between short exposures, and the pictures that follow it."""

import cv2
import numpy as np
import pytest

import spikecam as sc
from spikecam.errors import OptionError, RangeError
from spikecam.reconstruction.aligned_rates import align_rates
from spikecam.reconstruction.methods.aligned import AlignedOptions
from spikecam.reconstruction.methods.lsq import LsqOptions
from spikecam.reconstruction.motion_least_squares import MotionLeastSquares
from spikecam.reconstruction.motion_paths import MotionPaths, fit_motion_paths
from spikecam.reconstruction.motion_span import read_motion_span, reference_of_frame
from spikecam.reconstruction.scene_cuts import find_scene_cuts
from spikecam.stream import SpikeStream

FRAMES, AT = 151, 75
VELOCITY = np.array([0.2, -0.08])


def moving_light(shape=(72, 96), velocity=VELOCITY, seed=3):
    """A random texture that moves evenly, (FRAMES, H, W) in [0, 1]."""
    rng = np.random.default_rng(seed)
    margin = 40
    size = shape[0] + 2 * margin, shape[1] + 2 * margin
    fine = cv2.GaussianBlur(rng.standard_normal(size).astype(np.float32), (0, 0), 1.2)
    coarse = cv2.GaussianBlur(rng.standard_normal(size).astype(np.float32), (0, 0), 6)
    texture = np.clip(0.5 + 0.8 * fine + 2 * coarse, 0.05, 1).astype(np.float32)
    y, x = np.indices(shape, np.float32) + margin
    shifts = (np.arange(FRAMES) - AT)[:, None] * velocity
    return np.stack(
        [
            cv2.remap(texture, x - np.float32(dx), y - np.float32(dy), cv2.INTER_CUBIC).clip(0, 1)
            for dx, dy in shifts
        ]
    )


@pytest.fixture(scope="module")
def light():
    return moving_light()


@pytest.fixture(scope="module")
def stream(light):
    return sc.simulate(light, sc.Sensor(gain=0.25), seed=1)


@pytest.fixture(scope="module")
def span(stream):
    return read_motion_span(stream, reference_of_frame(AT, len(stream)), 64)


def psnr(rate, light):
    return sc.psnr(np.clip(rate / 0.25, 0, 1), light, data_range=1)


def inner(picture):
    return picture[12:-12, 12:-12]


def test_paths_follow_the_motion(span):
    paths = span.paths_of_frame(AT)
    assert not paths.displacement(0).any()
    for offset in (-40, -7, 10, 56):
        error = inner(paths.displacement(offset) - offset * VELOCITY)
        assert np.median(np.hypot(error[..., 0], error[..., 1])) < 0.15
    source, error = paths.source_displacement(30)
    assert np.median(np.abs(inner(source) + 30 * VELOCITY)) < 0.2
    assert np.median(inner(error)) < 0.01


def test_paths_of_neighbouring_frames_are_one_motion(span):
    early, late = span.paths_of_frame(AT - 3), span.paths_of_frame(AT + 3)
    assert early.shape == late.shape == (72, 96)
    for paths in (early, late):
        assert np.median(np.abs(inner(paths.displacement(20) - 20 * VELOCITY))) < 0.15
    # There, and on from there, is all the way.
    there = early.displacement(6)
    places = early.grid + there
    on = cv2.remap(late.displacement(14), places, None, cv2.INTER_LINEAR)
    assert np.abs(inner(there + on - early.displacement(20))).mean() < 0.1


def test_a_fit_is_exact_for_polynomials_and_ignores_an_outlier():
    rng = np.random.default_rng(1)
    velocity, acceleration = rng.normal(size=(2, 5, 7, 2))
    offsets = list(range(-40, 41, 8))
    flows = {
        o: (velocity * o / 50 + acceleration * (o / 50) ** 2).astype(np.float32) for o in offsets
    }
    paths = fit_motion_paths(flows, 2)
    assert np.allclose(paths.displacement(20), velocity * 0.4 + acceleration * 0.16, atol=0.01)
    flows[-40] = flows[-40] + 30
    robust = fit_motion_paths(flows, 2)
    assert np.allclose(robust.displacement(20), velocity * 0.4 + acceleration * 0.16, atol=0.15)


def test_no_flow_is_no_motion():
    paths = fit_motion_paths({0: np.zeros((4, 5, 2), np.float32)}, 6)
    assert not paths.displacement(30).any()


@pytest.mark.parametrize("frame", [0, 3, 60, 75, 147, 150])
def test_references_are_shared_and_near(frame):
    reference = reference_of_frame(frame, FRAMES)
    assert abs(reference - frame) <= 5
    assert 5 <= reference <= FRAMES - 6


def test_the_mean_along_motion_beats_every_window(stream, light):
    truth = light[AT]
    best_window = max(
        psnr(sc.reconstruct(stream, AT, "tfp", window=window), truth) for window in (9, 21, 41)
    )
    assert psnr(sc.reconstruct(stream, AT, "aligned"), truth) > best_window + 3


def test_least_squares_beat_the_mean_where_light_is_fast(light):
    """Intervals of many frames are blurred by motion; single spikes are not."""
    fast = moving_light(velocity=np.array([0.45, 0.2]))
    dark = sc.simulate(fast, sc.Sensor(gain=0.12), seed=1)
    aligned, least_squares = (
        sc.psnr(
            inner(np.clip(sc.reconstruct(dark, AT, name) / 0.12, 0, 1)),
            inner(fast[AT]),
            data_range=1,
        )
        for name in ("aligned", "lsq")
    )
    assert least_squares > aligned + 1


@pytest.mark.parametrize("method", ["aligned", "lsq"])
def test_a_frame_does_not_depend_on_the_others(stream, method):
    frames = [70, 71, 73, 120]
    together = sc.reconstruct(stream, frames=frames, method=method)
    for frame, picture in zip(frames, together, strict=True):
        assert np.array_equal(picture, sc.reconstruct(stream, frame, method))


@pytest.mark.parametrize("method", ["aligned", "lsq"])
@pytest.mark.parametrize(("value", "rate"), [(0, 0), (1, 1)])
def test_the_dark_and_the_saturated_stay_so(method, value, rate):
    stream = SpikeStream.from_array(np.full((40, 24, 20), value, np.uint8))
    picture = sc.reconstruct(stream, 20, method)
    assert picture.dtype == np.float32
    assert np.allclose(picture, rate, atol=1e-3)


@pytest.mark.parametrize("method", ["aligned", "lsq"])
@pytest.mark.parametrize("shape", [(1, 20, 24), (5, 20, 24), (30, 20, 24), (60, 3, 5), (60, 1, 1)])
def test_short_and_small_recordings_give_what_they_have(steady, method, shape):
    length, *size = shape
    rates = np.full(size, 0.5)
    pictures = sc.reconstruct(steady(rates, length), frames=range(length), method=method)
    assert pictures.shape == shape
    assert np.isfinite(pictures).all()
    if length >= 30:
        assert np.abs(pictures - 0.5).max() < 0.1


def test_carrying_back_is_the_transpose_of_carrying(span):
    rng = np.random.default_rng(1)
    paths = span.paths_of_frame(AT)
    least_squares = MotionLeastSquares(span, AT, paths, align_rates(span, AT, paths).mean)
    picture = rng.standard_normal(paths.shape).astype(np.float32)
    carried = least_squares._carry(picture)
    values = rng.standard_normal(carried.shape).astype(np.float32)
    forward = float((carried.astype(np.float64) * values).sum())
    backward = float((picture.astype(np.float64) * least_squares._carry_back(values)).sum())
    assert forward == pytest.approx(backward, rel=1e-3)


def test_without_motion_and_noise_least_squares_find_the_rate():
    rates = np.random.default_rng(2).uniform(0.1, 0.9, (24, 32)).astype(np.float32)
    stream = sc.simulate(np.repeat(rates[None], 151, 0), sc.Sensor(), seed=1)
    still = read_motion_span(stream, 76, 64)
    paths = MotionPaths(np.zeros((1, 24, 32, 2), np.float32))
    least_squares = MotionLeastSquares(still, 76, paths, np.full((24, 32), 0.5, np.float32))
    (picture,) = least_squares.solve(0.9, 0.0, [12])
    assert np.abs(picture - rates).max() < 0.02


def test_a_fixed_pattern_is_corrected(light, measured_pattern):
    shape = measured_pattern.shape
    rates = np.repeat(moving_light(shape)[:, : shape[0], : shape[1]], 1, 0)
    stream = sc.simulate(rates, sc.Sensor(gain=0.25), seed=1, fpn=measured_pattern)
    for method in ("aligned", "lsq"):
        plain = psnr(sc.reconstruct(stream, AT, method), rates[AT])
        corrected = psnr(sc.reconstruct(stream, AT, method, fpn=measured_pattern), rates[AT])
        assert corrected > plain + 1


def test_options_that_cannot_be_are_refused(stream):
    with pytest.raises(OptionError, match="at least 1"):
        AlignedOptions(reach=0)
    for wrong in ({"steps": 0}, {"prior": -1}, {"prior": float("inf")}, {"decay": 1}):
        with pytest.raises(OptionError):
            LsqOptions(**wrong)
    for method in ("aligned", "lsq"):
        with pytest.raises(RangeError):
            sc.reconstruct(stream, 151, method)


def test_lamps_that_flicker_change_brightness_alone(light):
    """At 100 Hz in 20,000 frames a second, a period has 200 frames."""
    flicker = 1 + 0.6 * np.sin(2 * np.pi * np.arange(FRAMES) / 200)
    lit = (light * flicker[:, None, None].astype(np.float32) / 1.6).clip(0, 1)
    steady, flickering = (
        sc.simulate(values, sc.Sensor(gain=0.4), seed=1) for values in (light, lit)
    )
    for method in ("aligned", "lsq"):
        pictures = [
            sc.reconstruct(stream, at=AT, method=method) / 0.4 for stream in (steady, flickering)
        ]
        errors = [
            np.sqrt(np.mean((inner(picture) - inner(truth)) ** 2)) / truth.mean()
            for picture, truth in zip(pictures, (light[AT], lit[AT]), strict=True)
        ]
        assert errors[1] < 1.5 * errors[0]


def test_steady_light_stays_as_it_is(span):
    assert (span.brightness == 1).all()


def test_scenes_on_both_sides_of_a_cut_do_not_mix(stream):
    other = sc.simulate(moving_light(seed=8), sc.Sensor(gain=0.25), seed=2)
    spliced = SpikeStream.from_array(np.concatenate([stream[:80], other[80:]]).astype(bool))
    assert find_scene_cuts(spliced, 0, FRAMES) == [80]
    for method in ("aligned", "lsq"):
        for frame, whole in ((70, stream[:80]), (79, stream[:80]), (80, other[80:])):
            expected = sc.reconstruct(whole, at=frame % 80, method=method)
            assert np.allclose(sc.reconstruct(spliced, at=frame, method=method), expected)


def test_motion_darkness_and_starting_sensors_are_no_cuts(stream, steady):
    assert find_scene_cuts(stream, 0, FRAMES) == []
    assert find_scene_cuts(SpikeStream.from_array(np.zeros((80, 40, 60), bool)), 0, 80) == []
    dark = sc.simulate(moving_light() * 0.02, sc.Sensor(gain=0.25), seed=2)
    assert find_scene_cuts(dark, 0, FRAMES) == []
    late = SpikeStream.from_array(np.concatenate([np.zeros((30, 72, 96), bool), stream[30:]]))
    assert find_scene_cuts(late, 0, FRAMES) == []

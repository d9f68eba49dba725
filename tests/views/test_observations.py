"""Light of windows and pictures, as a fit takes them."""

import numpy as np
import pytest

from spikecam.errors import OptionError, RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import GRAY_WEIGHTS
from spikecam.stream import SpikeStream
from spikecam.views.flight import bayer_mosaic
from spikecam.views.observations import (
    SensorScale,
    WindowSpikes,
    bayer_pattern,
    mixing_of,
    observe_pictures,
    observe_windows,
)

# From dim pixels, which fire less than once in a window, to bright ones.
LIGHT = np.linspace(0.01, 1, 40, dtype=np.float32).reshape(5, 8)
WINDOW = 9


def spans_of(frames, window=WINDOW, first=450, last=None):
    last = frames - 450 if last is None else last
    return [(start, start + window) for start in range(first, last, window)]


def mean_light(stream, scale, **options):
    targets = [
        observation.target.astype(np.float32)
        for observation in observe_windows(stream, spans_of(len(stream)), scale, **options)
    ]
    return np.mean(targets, axis=0), np.array(targets)


@pytest.mark.parametrize("dark_rate", [0.0, 0.03])
def test_a_steady_scene_gives_its_light(steady, dark_rate):
    scale = SensorScale(0.4, dark_rate)
    rates = dark_rate + 0.4 * LIGHT
    mean, targets = mean_light(steady(rates, 3000), scale)
    np.testing.assert_allclose(mean[0], LIGHT, atol=0.015)
    # Light that fires twice in a window is known to the fraction of a spike.
    is_bright = rates * WINDOW > 2
    assert is_bright.any()
    assert np.abs(targets - LIGHT)[:, 0, is_bright].max() < 0.1
    assert scale.light(np.float32(dark_rate)) == 0


def fixed_pattern(offset, *, dead_frame, bad=()):
    rng = np.random.default_rng(0)
    gain = rng.uniform(0.8, 1.2, LIGHT.shape).astype(np.float32)
    kinds = np.zeros(LIGHT.shape, np.uint8)
    for place in bad:
        kinds[place] = 1
    bright = np.full(LIGHT.shape, 3.0, np.float32)
    offsets = np.full(LIGHT.shape, offset, np.float32)
    return FixedPattern(offsets, gain, bright, 335.0, kinds, dead_frame)


@pytest.mark.parametrize("dead_frame", [True, False])
@pytest.mark.parametrize("offset", [0.0, 20.0])
def test_a_fixed_pattern_does_not_favour_dim_or_bright_pixels(steady, offset, dead_frame):
    fpn = fixed_pattern(offset, dead_frame=dead_frame)
    rates = fpn.distort(0.4 * LIGHT)
    mean, _ = mean_light(steady(rates, 3000), SensorScale(0.4), fpn=fpn)
    np.testing.assert_allclose(mean[0], LIGHT, atol=0.025)


def test_bad_pixels_have_no_weight(steady):
    fpn = fixed_pattern(0.0, dead_frame=True, bad=[(1, 2), (4, 7)])
    pattern = np.ones((3, *LIGHT.shape), np.float32) / 3
    stream = steady(fpn.distort(0.4 * LIGHT), 100)
    for options in ({}, {"pattern": pattern}):
        (observation,) = observe_windows(stream, [(40, 49)], SensorScale(0.4), fpn=fpn, **options)
        weight = np.broadcast_to(observation.weight, observation.target.shape)
        assert not weight[:, fpn.bad > 0].any()
        assert (weight[:, fpn.bad == 0] > 0).all()


def test_pixels_of_a_colour_filter_weigh_for_their_colour(steady):
    rng = np.random.default_rng(0)
    pattern = np.eye(3, dtype=np.float32)[rng.integers(0, 3, LIGHT.shape)].transpose(2, 0, 1)
    stream = steady(0.4 * LIGHT, 100)
    (observation,) = observe_windows(stream, [(40, 50)], SensorScale(0.4), pattern=pattern)
    (plain,) = observe_windows(stream, [(40, 50)], SensorScale(0.4))
    assert observation.is_count
    np.testing.assert_array_equal(observation.weight, pattern)
    np.testing.assert_array_equal(observation.target, np.repeat(plain.target, 3, axis=0))
    np.testing.assert_array_equal(plain.weight, np.ones((1, 1, 1)))


@pytest.mark.parametrize(
    ("span", "views", "times"),
    [
        ((10, 19), 1, (14.0,)),
        ((10, 20), 2, (12.0, 17.0)),
        ((0, 9), 3, (1.0, 4.0, 7.0)),
        ((7, 8), 1, (7.0,)),
    ],
)
def test_views_are_in_the_middle_of_equal_parts_of_the_window(steady, span, views, times):
    stream = steady(0.4 * LIGHT, 100)
    (observation,) = observe_windows(stream, [span], SensorScale(0.4), views=views)
    assert observation.times == pytest.approx(times)


def test_light_of_another_time_is_not_counted_in_the_dark():
    # Lit until frame 500, and dark from there on but for a spike at 560.
    spikes = np.zeros((1000, 1, 1), np.uint8)
    spikes[4:500:5] = 1
    spikes[560] = 1
    stream = SpikeStream.from_array(spikes)
    lit, *dark = observe_windows(stream, [(400, 410), (503, 513), (600, 610)], SensorScale(0.2))
    assert lit.target == pytest.approx(1, abs=0.01)
    assert [float(observation.target.item()) for observation in dark] == [0, 0]


@pytest.mark.parametrize("span", [(95, 104), (-3, 6), (200, 209)])
def test_windows_outside_the_recording_are_refused(steady, span):
    stream = steady(0.4 * LIGHT, 100)
    with pytest.raises(RangeError, match="100"):
        next(observe_windows(stream, [span], SensorScale(0.4)))


def test_pictures_are_planes_of_light_with_their_times():
    gray, colours = np.full((4, 5), 0.25), np.zeros((4, 5, 3))
    colours[..., 1] = 1
    first, second = observe_pictures([gray, colours], [(1.0,), (2.0, 3.0)])
    assert first.target.shape == (1, 4, 5)
    assert first.target.dtype == np.float32
    assert (first.target == 0.25).all()
    assert second.target.shape == (3, 4, 5)
    assert second.target.mean((1, 2)).tolist() == [0, 1, 0]
    assert (first.times, second.times) == ((1.0,), (2.0, 3.0))
    assert not first.is_count
    with pytest.raises(ValueError, match="shorter"):
        observe_pictures([gray, gray], [(1.0,)])


def test_a_gray_sensor_weighs_colours_and_others_take_them_as_they_are():
    np.testing.assert_array_equal(mixing_of(1, 1), [[1]])
    np.testing.assert_array_equal(mixing_of(3, 3), np.eye(3))
    np.testing.assert_allclose(mixing_of(1, 3), [GRAY_WEIGHTS])
    with pytest.raises(OptionError, match=r"3 colours .* scene of 1"):
        mixing_of(3, 1)


def test_the_mosaic_is_that_of_simulated_flights():
    picture = np.random.default_rng(0).random((5, 7, 3)).astype(np.float32)
    pattern = bayer_pattern(5, 7)
    assert (pattern.sum(axis=0) == 1).all()
    mosaic = (np.moveaxis(picture, 2, 0) * pattern).sum(axis=0)
    np.testing.assert_array_equal(mosaic, bayer_mosaic(picture))


def test_spikes_of_a_window_start_at_the_share_of_the_interval_that_is_over():
    spikes = np.tile([0, 0, 0, 1], 10).reshape(40, 1, 1)
    scale = SensorScale(0.5, 0.1)
    for start, phase in ((8, 0), (9, 0.25), (11, 0.75)):
        window = WindowSpikes.of_window(SpikeStream.from_array(spikes), (start, 20), scale)
        assert window.phase.tolist() == [[phase]]
        np.testing.assert_array_equal(np.asarray(window.stream), spikes[start:20])


def test_rates_of_light_are_the_inverse_of_light_of_rates():
    scale, light = SensorScale(0.4, 0.05), np.float32([0, 0.5, 1])
    np.testing.assert_allclose(scale.rate(light), [0.05, 0.25, 0.45])
    np.testing.assert_allclose(scale.light(scale.rate(light)), light, atol=1e-6)

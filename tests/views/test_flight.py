from dataclasses import replace

import numpy as np
import pytest

import spikecam as sc
from spikecam.encoding import SRGB
from spikecam.gray import as_gray
from spikecam.sensor.sensor import Sensor, resolve_sensor
from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.flight import (
    Flight,
    bayer_mosaic,
    iter_flight_light,
    peak_light,
    peak_threshold,
    photographs_of_flight,
    resized_camera,
    simulate_flight,
)
from spikecam.views.key_frames import iter_key_frames


def keys_of(flight):
    return list(iter_key_frames(flight.camera_at, flight.depth, 0, flight.frame_count))


def gray(flight):
    """The same flight through a scene in gray."""
    return replace(flight, render=lambda camera: as_gray(flight.render(camera))[..., None])


def test_light_of_key_frames_is_rendered_and_between_them_interpolated(small_flight):
    keys = keys_of(small_flight)
    assert 5 < len(keys) < 20
    light = np.stack(list(iter_flight_light(small_flight)))
    assert light.shape == (120, 32, 48)
    for key in keys:
        assert np.array_equal(light[key], as_gray(small_flight.render(small_flight.camera_at(key))))
    first, second = keys[1:3]
    for frame in range(first, second + 1):
        share = (frame - first) / (second - first)
        expected = (1 - share) * light[first] + share * light[second]
        assert light[frame] == pytest.approx(expected, abs=1e-6)
    # And that is close to what the scene shows between them.
    middle = (first + second) // 2
    truth = as_gray(small_flight.render(small_flight.camera_at(middle)))
    assert np.abs(light[middle] - truth).mean() < 0.004


def test_key_frames_are_rendered_when_they_are_needed(small_flight):
    rendered = []

    def render(camera):
        rendered.append(camera)
        return small_flight.render(camera)

    light = iter_flight_light(replace(small_flight, render=render))
    assert not rendered
    next(light)
    assert len(rendered) == 1
    next(light)
    assert len(rendered) == 2


def test_spikes_are_those_of_the_light(small_flight):
    spikes = simulate_flight(small_flight, "s-sdm", threshold=2, seed=3, rate=20_000)
    expected = sc.simulate(iter_flight_light(small_flight), "s-sdm", threshold=2, seed=3)
    assert np.array_equal(spikes.packed(), expected.packed())
    assert (spikes.shape, spikes.rate) == ((120, 32, 48), 20_000)


def test_a_fixed_pattern_and_progress_are_passed_on(small_flight):
    numbers = []

    def progress(frames):
        for frame in frames:
            numbers.append(frame)
            yield frame

    pattern = sc.FixedPattern.random((32, 48), 5)
    spikes = simulate_flight(small_flight, "ideal", fpn=pattern, progress=progress)
    expected = sc.simulate(iter_flight_light(small_flight), "ideal", fpn=pattern)
    assert np.array_equal(spikes.packed(), expected.packed())
    assert numbers == list(range(120))


def test_a_mosaic_has_one_colour_a_pixel(small_flight):
    picture = np.zeros((5, 6, 3), np.float32)
    picture[...] = [0.1, 0.2, 0.3]
    assert bayer_mosaic(picture)[:2, :2].tolist() == np.float32([[0.1, 0.2], [0.2, 0.3]]).tolist()
    light = next(iter_flight_light(small_flight, bayer=True))
    rendered = small_flight.render(small_flight.camera_at(0))
    assert np.array_equal(light[::2, ::2], rendered[::2, ::2, 0])
    assert np.array_equal(light[::2, 1::2], rendered[::2, 1::2, 1])
    assert np.array_equal(light[1::2, ::2], rendered[1::2, ::2, 1])
    assert np.array_equal(light[1::2, 1::2], rendered[1::2, 1::2, 2])
    spikes = simulate_flight(small_flight, "ideal", bayer=True)
    assert not np.array_equal(spikes.packed(), simulate_flight(small_flight, "ideal").packed())


def test_a_photograph_is_the_encoded_mean_of_light(small_flight):
    flight = gray(small_flight)
    exposure = (11, 73)
    (photograph,) = photographs_of_flight(flight, [exposure])
    # The same key frames: those of the exposure.
    part = Flight(flight.render, flight.depth, lambda t: flight.camera_at(t + 11), 62)
    light = np.stack(list(iter_flight_light(part)))
    assert photograph == pytest.approx(SRGB.encode(light.mean(0)), abs=1e-5)


def test_photographs_have_colours_and_their_own_size(small_flight):
    photographs = list(
        photographs_of_flight(small_flight, [(0, 1), (50, 90)], scale=2, encoding="linear")
    )
    assert [p.shape for p in photographs] == [(64, 96, 3)] * 2
    camera = resized_camera(small_flight.camera_at(0), 2)
    assert np.array_equal(photographs[0], small_flight.render(camera))


@pytest.mark.parametrize(
    "sensor", ["ideal", "s-sdm", Sensor(dark_current=0.1), Sensor(dead_frame=True, gain=3)]
)
def test_the_brightest_light_fires_at_the_peak_rate(sensor):
    def render(camera):
        return np.full((8, 8, 1), 0.6, np.float32)

    def depth(camera):
        return np.full((8, 8), np.inf, np.float32)

    camera = Camera(Intrinsics(8, 8, 8.0, 8.0, 4.0, 4.0), np.eye(4))
    flight = Flight(render, depth, lambda time: camera, 2000)
    assert peak_light(flight) == pytest.approx(0.6)
    threshold = peak_threshold(flight, sensor, 0.35)
    clean = replace(resolve_sensor(sensor), spurious_gap=None)
    spikes = simulate_flight(flight, clean, threshold=threshold)
    assert spikes.count() / 2000 == pytest.approx(0.35, abs=0.001)


def test_peaks_are_looked_for_along_the_flight(small_flight):
    light = np.stack(list(iter_flight_light(small_flight)))
    assert peak_light(small_flight) == pytest.approx(light.max(), rel=0.02)
    assert peak_light(small_flight, bayer=True) > peak_light(small_flight)


def test_light_above_white_is_white(small_flight):
    bright = replace(small_flight, render=lambda camera: 3 * small_flight.render(camera))
    assert next(iter_flight_light(bright)).max() == 1
    (photograph,) = photographs_of_flight(bright, [(0, 9)])
    assert photograph.max() <= 1


def test_what_cannot_be_simulated_is_refused(small_flight):
    with pytest.raises(sc.OptionError, match="at least 1 frame"):
        replace(small_flight, frame_count=0)
    broken = replace(small_flight, render=lambda camera: np.full((32, 48, 3), np.nan))
    with pytest.raises(sc.OptionError, match="frame 0 holds values that are not finite"):
        simulate_flight(broken)
    with pytest.raises(sc.OptionError, match="this one is gray"):
        simulate_flight(gray(small_flight), bayer=True)
    with pytest.raises(sc.GeometryError):
        simulate_flight(small_flight, fpn=sc.FixedPattern.random((4, 4), 0))
    with pytest.raises(sc.RangeError, match="100:121"):
        list(photographs_of_flight(small_flight, [(0, 5), (100, 121)]))
    with pytest.raises(sc.OptionError, match="scale of 0"):
        list(photographs_of_flight(small_flight, [(0, 5)], scale=0))
    with pytest.raises(sc.OptionError, match="peak rate"):
        peak_threshold(small_flight, "ideal", 1.5)
    with pytest.raises(sc.OptionError, match="coverage"):
        peak_threshold(small_flight, "spikegen", 0.3)
    dark = replace(small_flight, render=lambda camera: np.zeros((32, 48, 3), np.float32))
    with pytest.raises(sc.OptionError, match="darkness"):
        peak_threshold(dark, "ideal", 0.3)
    long = replace(small_flight, frame_count=10**15)
    with pytest.raises(sc.ResourceError, match="fewer frames"):
        simulate_flight(long)

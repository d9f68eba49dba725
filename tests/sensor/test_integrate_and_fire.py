from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import spikecam as sc
from spikecam.fixed_pattern import FixedPattern
from spikecam.sensor import integrate_and_fire
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.sensor.sensor import SENSOR_PRESETS, Sensor

videos = arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(1, 19)),
    elements=st.floats(0, 1, width=32),
)


@given(videos, st.floats(1, 8), st.integers(0, 5))
def test_no_charge_is_lost(video, threshold, seed):
    spikes = np.asarray(simulate(video, "ideal", threshold=threshold, seed=seed))
    collected = np.cumsum(video, axis=0, dtype=np.float64)
    fired = threshold * np.cumsum(spikes, axis=0, dtype=np.float64)
    # What is left over is the phase, which begins and stays within one threshold.
    assert np.abs(collected - fired).max() < threshold * (1 + 1e-4)


@given(st.floats(0, 1), st.floats(1, 6))
def test_rate_is_light_over_threshold(light, threshold):
    spikes = simulate(np.full((600, 2, 3), light, np.float32), "ideal", threshold=threshold)
    assert spikes.count() == pytest.approx(600 * light / threshold, abs=1.01)


@given(st.floats(0, 1), st.floats(0.1, 6))
def test_a_dead_frame_adds_one_frame_to_every_interval(light, threshold):
    sensor = Sensor(threshold=threshold, dead_frame=True)
    spikes = simulate(np.full((600, 2, 3), light, np.float32), sensor)
    a = light / threshold
    assert spikes.count() == pytest.approx(600 * a / (1 + a), abs=1.01)


def test_dark_current_is_light_to_the_law():
    sensor = Sensor(dead_frame=True, dark_current=0.25)
    spikes = simulate(np.full((600, 2, 3), 0.5, np.float32), sensor)
    assert spikes.count() == pytest.approx(600 * 0.75 / 1.75, abs=1.01)


@given(st.floats(1.01, 9))
def test_light_above_the_threshold_fires_in_every_frame(light):
    spikes = simulate(np.ones((50, 2, 3)), "ideal", threshold=1 / light)
    assert (spikes.count() == 50).all()


@given(st.integers(0, 1000))
def test_darkness_fires_nothing_without_noise(seed):
    assert not simulate(np.zeros((300, 4, 5)), "ideal", threshold=0.01, seed=seed).count().any()


@pytest.mark.parametrize(
    "preset", [*SENSOR_PRESETS, Sensor(photons=30, dark_current=0.01, reset_noise=0.1)]
)
def test_the_same_seed_gives_the_same_bits(preset, monkeypatch):
    video = np.random.default_rng(1).random((23, 11, 24)).astype(np.float32)
    first = simulate(video, preset, seed=3)
    again = simulate(list(video), preset, seed=3)
    other = simulate(video, preset, seed=4)
    assert np.array_equal(first.packed(), again.packed())
    assert not np.array_equal(first.packed(), other.packed())
    monkeypatch.setattr(integrate_and_fire, "_BLOCK_BYTES", 5 * 11 * 24 * 4)
    assert np.array_equal(first.packed(), simulate(video, preset, seed=3).packed())


def test_it_agrees_with_the_equations_pixel_by_pixel():
    rng = np.random.default_rng(0)
    video = rng.random((50, 3, 8)).astype(np.float32)
    held = np.random.default_rng((7, 0)).random((3, 8), np.float32)
    spikes = np.asarray(simulate(video, "ideal", threshold=0.7, seed=7))
    for light, fired in zip(video, spikes, strict=True):
        held = held + np.float32(1 / 0.7) * light
        assert np.array_equal(fired, held >= 1)
        held = held % 1


def test_the_phase_at_the_start_is_random():
    first = np.asarray(simulate(np.full((10, 40, 40), 0.1), "ideal")).argmax(axis=0)
    assert np.bincount(first.ravel(), minlength=10) == pytest.approx(160, abs=45)


def test_noise_has_the_size_that_the_sensor_says():
    def scatter(**noise):
        video = np.full((2000, 6, 8), 0.13, np.float32)
        frames = np.asarray(simulate(video, Sensor(**noise)))
        times = [np.flatnonzero(frames[:, y, x]) for y in range(6) for x in range(8)]
        return np.mean([np.diff(t[::10]).var() for t in times])

    # Over ten intervals what readout rounds off hardly counts.
    still = scatter()
    assert scatter(reset_noise=0.05) - still == pytest.approx(10 * 0.05**2 / 0.13**2, rel=0.3)
    assert scatter(photons=100) - still == pytest.approx(10 / 100 / 0.13**2, rel=0.3)


@pytest.mark.parametrize("photons", [3, 3000])
def test_photons_do_not_change_the_mean(photons):
    video = np.full((400, 20, 24), 0.3, np.float32)
    assert simulate(video, Sensor(photons=photons)).count().mean() == pytest.approx(120, rel=0.02)


def test_dark_current_fires_in_the_dark():
    dark = simulate(np.zeros((1000, 3, 8)), Sensor(dark_current=0.01, threshold=2))
    assert dark.count() == pytest.approx(5, abs=1)


def test_a_reset_that_drops_charge_makes_whole_intervals():
    frames = np.asarray(simulate(np.full((200, 4, 8), 0.3), Sensor(carry_over=False)))
    gaps = {int(gap) for y in range(4) for gap in np.diff(np.flatnonzero(frames[:, y, 0]))}
    assert gaps == {4}


def test_spurious_spikes_are_as_many_as_published():
    spikes = simulate(np.zeros((137, 60, 64)), "s-sdm")
    assert spikes.count().sum() == pytest.approx(137 * 60 * 64 / 140, rel=0.02)


def test_spurious_spikes_follow_the_published_order():
    spikes = np.asarray(simulate(np.zeros((137, 60, 64)), "s-sdm"))
    cells = np.flatnonzero(spikes.transpose(1, 2, 0))
    gaps = np.diff(cells)
    assert gaps.mean() == pytest.approx(140, rel=0.02)
    assert gaps.std() == pytest.approx(50, rel=0.05)


def test_white_fires_in_the_published_share_of_frames():
    for threshold in (1, 2, 4):
        sensor = Sensor(gain=SENSOR_PRESETS["s-sdm"].gain)
        spikes = simulate(np.ones((1000, 4, 8)), sensor, threshold=threshold)
        assert spikes.count() == pytest.approx(992.7 / threshold, abs=1.01)


def test_coverage_sets_the_threshold():
    scene = np.random.default_rng(0).random((40, 48)).astype(np.float32)
    spikes = simulate([scene] * 8, "spikegen")
    assert spikes.count().mean() / 8 == pytest.approx(0.1, abs=0.01)


def test_bytes_floats_and_colours_are_the_same_light():
    gray = np.random.default_rng(0).integers(0, 256, (20, 6, 9), np.uint8)
    by_bytes = simulate(gray, "ideal", seed=1)
    by_floats = simulate(gray / 255, "ideal", seed=1)
    colours = simulate(np.repeat(gray[..., None], 3, axis=3), "ideal", seed=1)
    counts = by_bytes.count()
    assert np.abs(counts - by_floats.count()).max() <= 1
    assert np.abs(counts - colours.count()).max() <= 1


def test_what_is_known_of_the_recording_is_kept():
    spikes = simulate(np.zeros((5, 2, 2)), rate=20_000, exposure=(1, 4))
    assert (spikes.rate, spikes.exposure) == (20_000, (1, 4))


def test_a_fixed_pattern_changes_each_pixel_as_its_map_says():
    fpn = FixedPattern.random((10, 16), seed=1)
    light = np.full((10, 16), 0.4, np.float32)
    spikes = simulate([light] * 3000, "ideal", fpn=fpn)
    assert spikes.count() / 3000 == pytest.approx(fpn.distort(light), abs=1 / 3000)


def ended_early():
    yield np.zeros((4, 4))
    raise sc.FileError("clip.mp4 ends early")


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([], "at least one frame"),
        (np.zeros((0, 4, 4), np.float32), "at least one frame"),
        ([np.zeros((4, 4)), np.zeros((4, 5))], "frame 1 is 5x4"),
        (np.zeros((5, 0, 8), np.uint8), "at least one pixel"),
        (np.full((3, 4, 4), np.nan, np.float32), "not finite"),
        (np.full((3, 4, 4), 1.5, np.float32), "1.5"),
        (np.full((3, 4, 4), -0.1), "-0.1"),
        (np.zeros((3, 4, 4), np.int64), "int64"),
        (np.zeros((3, 4, 4, 2)), r"not \(4, 4, 2\)"),
        (np.zeros((4, 4)), "a frame is an array"),
    ],
)
def test_what_is_no_video_is_refused(frames, words):
    with pytest.raises(sc.OptionError, match=words):
        simulate(frames)


def test_an_early_end_is_not_hidden():
    with pytest.raises(sc.FileError, match="ends early"):
        simulate(ended_early())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 0}, "threshold"),
        ({"threshold": -1}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"preset": "gen3"}, "known presets"),
        ({"seed": -1}, "seed"),
        ({"rate": -3}, "rate"),
        ({"seed": 0.5}, "seed"),
        ({"preset": "spikegen", "threshold": 2}, "coverage"),
    ],
)
def test_what_no_sensor_has_is_refused(options, words):
    with pytest.raises(sc.OptionError, match=words):
        simulate(np.zeros((2, 2, 2)), **options)


@pytest.mark.parametrize(
    "values",
    [
        {"gain": 0},
        {"photons": -1},
        {"dark_current": -0.1},
        {"reset_noise": float("nan")},
        {"coverage": 1.2},
        {"coverage": 0.1, "dead_frame": True},
        {"spurious_gap": (0, 1)},
        {"spurious_gap": (float("inf"), 1)},
    ],
)
def test_sensors_that_cannot_be_are_refused(values):
    with pytest.raises(sc.OptionError):
        Sensor(**values)


def test_a_pattern_of_another_camera_is_refused():
    with pytest.raises(sc.GeometryError, match="10x8"):
        simulate(np.zeros((2, 4, 4)), fpn=FixedPattern.random((8, 10), 0))


def test_a_pattern_without_the_dead_frame_of_the_sensor_is_refused():
    fpn = replace(FixedPattern.random((4, 4), 0), dead_frame=False)
    with pytest.raises(sc.OptionError, match="without a dead frame"):
        simulate(np.zeros((2, 4, 4)), Sensor(dead_frame=True), fpn=fpn)


def test_a_black_scene_has_no_coverage():
    with pytest.raises(sc.OptionError, match="black"):
        simulate(np.zeros((8, 4, 4)), "spikegen")

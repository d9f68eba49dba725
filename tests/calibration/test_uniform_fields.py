import numpy as np
import pytest

import spikecam as sc
from spikecam.calibration.uniform_fields import calibrate_fpn, simulate_uniform_field
from spikecam.fixed_pattern import DEAD, STUCK
from spikecam.sensor.integrate_and_fire import simulate


@pytest.fixture(scope="module")
def fields(measured_pattern):
    return [
        simulate_uniform_field(measured_pattern, lux, 1500, seed)
        for seed, lux in enumerate((0, 153, 335))
    ]


def test_the_measured_map_is_recovered(measured_pattern, fields):
    found = calibrate_fpn(fields, (0, 153, 335))
    good = (measured_pattern.bad == 0) & (found.bad == 0)
    gain = found.gain / np.median(found.gain[good])
    error = gain / (measured_pattern.gain / np.median(measured_pattern.gain[good])) - 1
    assert error[good].std() < 0.004  # gains themselves scatter by 0.05
    assert np.median(np.abs(found.offset - measured_pattern.offset)[good]) < 0.15  # of 7.7 lux
    assert np.array_equal(found.bad > 0, measured_pattern.bad > 0)


def test_fields_are_as_the_sensor_recorded_them(fields):
    with pytest.raises(sc.OptionError, match="neither flipped, rotated nor cropped"):
        calibrate_fpn([fields[2].flip("vertical")])


def test_one_field_makes_that_field_uniform(measured_pattern, fields):
    bright = fields[2]
    found = calibrate_fpn([bright])
    rates = (bright.count() / len(bright)).astype(np.float32)
    after = found.correct(rates)
    assert after.std() / after.mean() < 0.1 * rates.std() / rates.mean()


def test_correction_makes_other_light_uniform(measured_pattern, fields):
    found = calibrate_fpn(fields, (0, 153, 335))
    spikes = simulate_uniform_field(measured_pattern, 60, 800, seed=9)
    raw, each, after = (
        sc.reconstruct(spikes, window=601),
        sc.reconstruct(spikes, window=601, fpn=found),
        found.correct(sc.reconstruct(spikes, window=601)),
    )
    for corrected in (each, after):
        assert corrected.std() / corrected.mean() < 0.4 * raw.std() / raw.mean()
        # What the dark current adds is gone, too: about 7.7 lux of 60.
        per_lux = np.median(found.deviation * (335 + found.offset))
        assert np.median(corrected) == pytest.approx(1 / (1 + per_lux / 60), rel=0.03)


def test_dead_and_stuck_pixels_are_found_and_filled(measured_pattern, fields):
    frames = [np.asarray(f) for f in fields]
    for recording in frames:
        recording[:, 20, 30] = 0
        recording[:, 40, 10:12] = 1
    fpn = calibrate_fpn([sc.SpikeStream.from_array(f) for f in frames], (0, 153, 335))
    assert fpn.bad[20, 30] == DEAD
    assert fpn.bad[40, 10] == fpn.bad[40, 11] == STUCK
    filled = sc.reconstruct(sc.SpikeStream.from_array(frames[2]), window=801, fpn=fpn)
    assert filled == pytest.approx(np.full(filled.shape, np.median(filled)), rel=0.15)


def test_one_field_follows_the_law_that_is_said(fields):
    assert calibrate_fpn(fields[2:]).dead_frame
    linear = calibrate_fpn(fields[2:], dead_frame=False)
    rates = (fields[2].count() / len(fields[2])).astype(np.float32)
    good = linear.bad == 0
    assert linear.gain[good] == pytest.approx((rates / np.median(rates))[good], rel=0.02)


@pytest.mark.parametrize("light", [0.1, 0.4, 0.9])
def test_bad_pixels_are_found_in_one_field_of_any_brightness(light):
    frames = np.asarray(constant(light, 800))
    frames[:, 3, 4], frames[:, 30, 40] = 1, 0
    bad = calibrate_fpn([sc.SpikeStream.from_array(frames)]).bad
    assert (bad[3, 4], bad[30, 40], np.count_nonzero(bad)) == (STUCK, DEAD, 2)


def constant(rate, frames=400, shape=(50, 50)):
    return simulate(np.full((frames, *shape), rate, np.float32), "ideal")


def scene(frames=400):
    y, x = np.mgrid[:50, :50] / 50
    return simulate((0.1 + 0.5 * x * y for _ in range(frames)), "ideal")


def leak(frames=2000):
    light = np.full((50, 50), 0.01)
    light[:, 25:] = 0.03
    return simulate((light for _ in range(frames)), "ideal")


def flickering():
    return simulate(np.repeat([0.2, 0.4], 200)[:, None, None] * np.ones((50, 50)), "ideal")


@pytest.mark.parametrize(
    ("fields", "lux", "words"),
    [
        ([0.01, 0.1, scene()], (0, 153, 335), "bright field is not uniform"),
        ([0.01, scene(), 0.7], (0, 153, 335), "middle field is not uniform"),
        ([leak(), 0.1, 0.7], (0, 153, 335), "dark field is not uniform"),
        ([0.3, 0.1, 0.5], (0, 153, 335), "do not rise"),
        ([0.01, 0.1, flickering()], (0, 153, 335), "light changes"),
        ([0.01, 0.1, 0.3], (0, 335, 153), "rise from dark"),
        ([0.01, 0.1, 0.3], (0, 153), "three illuminances"),
        ([0.01, 0.1, 0.3], None, "not none"),
        ([0.01, 0.2, 0.4], (0, 100, 800), "illuminances do not fit"),
        ([0.01, 0.02, 0.03], (0, 153, 335), "too few to tell"),
        ([0.1, 0.3], (0, 153, 335), "not 2"),
        ([0.0, 0.003, 0.009], (0, 153, 335), "record a brighter"),
        ([0.01, 0.5, 1.0], (0, 153, 335), "record a darker"),
    ],
)
def test_fields_that_tell_nothing_are_refused(fields, lux, words):
    streams = [constant(f) if isinstance(f, float) else f for f in fields]
    with pytest.raises(sc.OptionError, match=words):
        calibrate_fpn(streams, lux)


def test_fields_of_two_cameras_are_refused():
    with pytest.raises(sc.GeometryError, match="differ in size"):
        calibrate_fpn([constant(0.1), constant(0.2), constant(0.3, shape=(50, 60))], (0, 1, 2))


@pytest.mark.parametrize("rate", [0.02, 0.4, 0.9])
def test_fields_of_a_linear_sensor_fit(rate):
    fields = [constant(share * rate, frames=9000) for share in (0.0, 153 / 335, 1.0)]
    found = calibrate_fpn(fields, (0, 153, 335))
    assert not found.bad.any()
    assert rate < 0.1 or not found.dead_frame


def test_a_field_by_the_wrong_law_is_refused():
    fields = [constant(rate, frames=2000) for rate in (0.0, 0.3, 0.6)]
    assert not calibrate_fpn(fields, (0, 1, 2), dead_frame=False).dead_frame
    odds = [3 / 7, 6 / 4]
    assert calibrate_fpn(fields, (0, *odds), dead_frame=True).dead_frame
    with pytest.raises(sc.OptionError, match="without a dead frame; measure both again"):
        calibrate_fpn(fields, (0, *odds), dead_frame=False)

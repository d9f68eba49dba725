import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikecam as sc
from spikecam.calibration.uniform_fields import calibrate_fpn, uniform_field
from spikecam.fixed_pattern import DEAD, STUCK, FixedPattern
from spikecam.sensor.integrate_and_fire import simulate

MAP = "real/fpn_gen2.npz"


def crop(fpn, rows, columns):
    maps = [m[rows, columns] for m in (fpn.offset, fpn.gain, fpn.deviation)]
    return FixedPattern(*maps, fpn.lux, fpn.bad[rows, columns])


@pytest.fixture(scope="module")
def measured(data):
    """A corner of the measured map with a stuck pixel in it."""
    fpn = FixedPattern.load(data / MAP)
    return crop(fpn, slice(0, 60), slice(320, 400))


@pytest.fixture(scope="module")
def fields(measured):
    return [uniform_field(measured, lux, 1500, seed) for seed, lux in enumerate((0, 153, 335))]


def test_what_it_is_called_says_what_is_in_it():
    fpn = FixedPattern.random((60, 80), 0)
    assert "80x60 pixels, gains within" in repr(fpn)


@given(st.floats(0, 1), st.integers(0, 100))
def test_correction_undoes_distortion(rate, seed):
    fpn = FixedPattern.random((4, 6), seed)
    clean = np.full((4, 6), rate, np.float32)
    assert fpn.correct(fpn.distort(clean)) == pytest.approx(clean, abs=2e-5)


def test_distortion_is_the_published_model(measured):
    light = np.full(measured.shape, 0.3, np.float32)
    deviation = 1 / light - 1
    per_lux = measured.deviation * (335 + measured.offset)
    theirs = deviation / (measured.gain + deviation * measured.offset / per_lux)
    assert measured.distort(light) == pytest.approx(1 / (theirs + 1), rel=1e-4)


def test_far_below_a_spike_a_frame_the_weight_is_equation_12(measured):
    light = np.float32(0.01)
    deviation = 1 / light - 1
    per_lux = measured.deviation * (335 + measured.offset)
    gamma = 1 / (measured.gain + deviation * measured.offset / per_lux)
    intervals = 1 / measured.distort(np.full(measured.shape, light))
    slow = intervals > 50
    assert slow.mean() > 0.9
    assert measured.weight(intervals)[slow] == pytest.approx(gamma[slow], rel=0.03)


def test_the_measured_map_is_recovered(measured, fields):
    found = calibrate_fpn(fields, (0, 153, 335))
    good = (measured.bad == 0) & (found.bad == 0)
    gain = found.gain / np.median(found.gain[good])
    error = gain / (measured.gain / np.median(measured.gain[good])) - 1
    assert error[good].std() < 0.004  # gains themselves scatter by 0.05
    assert np.median(np.abs(found.offset - measured.offset)[good]) < 0.15  # of 7.7 lux
    assert np.array_equal(found.bad > 0, measured.bad > 0)


def test_one_field_makes_that_field_uniform(measured, fields):
    bright = fields[2]
    found = calibrate_fpn([bright])
    rates = (bright.count() / len(bright)).astype(np.float32)
    after = found.correct(rates)
    assert after.std() / after.mean() < 0.1 * rates.std() / rates.mean()


def test_correction_makes_other_light_uniform(measured, fields):
    found = calibrate_fpn(fields, (0, 153, 335))
    spikes = uniform_field(measured, 60, 800, seed=9)
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


def test_dead_and_stuck_pixels_are_found_and_filled(measured, fields):
    frames = [np.asarray(f) for f in fields]
    for recording in frames:
        recording[:, 20, 30] = 0
        recording[:, 40, 10:12] = 1
    fpn = calibrate_fpn([sc.SpikeStream.from_array(f) for f in frames], (0, 153, 335))
    assert fpn.bad[20, 30] == DEAD
    assert fpn.bad[40, 10] == fpn.bad[40, 11] == STUCK
    filled = sc.reconstruct(sc.SpikeStream.from_array(frames[2]), window=801, fpn=fpn)
    assert filled == pytest.approx(np.full(filled.shape, np.median(filled)), rel=0.15)


@pytest.mark.parametrize("light", [0.1, 0.4, 0.9])
def test_bad_pixels_are_found_in_one_field_of_any_brightness(light):
    frames = np.asarray(constant(light, 800))
    frames[:, 3, 4], frames[:, 30, 40] = 1, 0
    bad = calibrate_fpn([sc.SpikeStream.from_array(frames)]).bad
    assert (bad[3, 4], bad[30, 40], np.count_nonzero(bad)) == (STUCK, DEAD, 2)


def test_a_block_of_bad_pixels_is_filled_from_around_it():
    ones = np.ones((9, 9), np.float32)
    bad = np.zeros((9, 9), np.uint8)
    bad[2:6, 2:6] = DEAD
    fpn = FixedPattern(ones * 0, ones, ones, 335, bad)
    picture = np.full((2, 9, 9), 0.5, np.float32)
    picture[:, bad > 0] = 0
    assert (fpn.fill_bad_pixels(picture) == 0.5).all()


def test_it_is_saved_and_opened(tmp_path, measured):
    measured.save(tmp_path / "fpn.npz")
    again = FixedPattern.load(tmp_path / "fpn.npz")
    for name in ("offset", "gain", "deviation", "bad", "lux"):
        assert np.array_equal(getattr(again, name), getattr(measured, name))


@pytest.mark.parametrize("content", [b"no file of arrays", None])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "fpn.npz"
    if content is None:
        np.savez(path, Nd=np.zeros((2, 2)))
    else:
        path.write_bytes(content)
    with pytest.raises(sc.FileError, match="no fixed pattern"):
        FixedPattern.load(path)


def test_maps_that_cannot_be_are_refused():
    ones = np.ones((2, 3), np.float32)
    for maps in (
        (ones, ones, ones[:, :2]),
        (ones, ones * np.nan, ones),
        (-ones, ones, ones),
        (ones[0], ones[0], ones[0]),
        (ones, ones * 0, ones),
        (ones, ones, ones * 0),
    ):
        with pytest.raises(sc.OptionError):
            FixedPattern.from_maps(*maps)


def test_pixels_that_show_no_light_are_dead():
    ones = np.ones((3, 4), np.float32)
    blind, still = ones.copy(), ones.copy()
    blind[1, 2] = still[2, 0] = 0
    bad = FixedPattern.from_maps(ones, blind, still).bad
    assert (bad[1, 2], bad[2, 0], np.count_nonzero(bad)) == (DEAD, DEAD, 2)
    with pytest.raises(sc.OptionError, match="D_light are above 0"):
        FixedPattern(ones, blind, ones, 335, np.zeros((3, 4), np.uint8))


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

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikecam as sc
from spikecam.fixed_pattern import DEAD, FixedPattern


def test_what_it_is_called_says_what_is_in_it():
    fpn = FixedPattern.random((60, 80), 0)
    assert "80x60 pixels, gains within" in repr(fpn)


@given(st.floats(0, 1), st.integers(0, 100), st.booleans())
def test_correction_undoes_distortion(rate, seed, dead_frame):
    fpn = replace(FixedPattern.random((4, 6), seed), dead_frame=dead_frame)
    if not dead_frame:
        # A pixel that would fire more than once a frame has lost its light.
        rate *= min(1, float(((1 - fpn.slope) / fpn.gain)[fpn.bad == 0].min()))
    clean = np.full((4, 6), rate, np.float32)
    assert fpn.correct(fpn.distort(clean)) == pytest.approx(clean, abs=2e-5)


def test_distortion_is_the_published_model(measured_pattern):
    light = np.full(measured_pattern.shape, 0.3, np.float32)
    deviation = 1 / light - 1
    per_lux = measured_pattern.deviation * (335 + measured_pattern.offset)
    theirs = deviation / (measured_pattern.gain + deviation * measured_pattern.offset / per_lux)
    assert measured_pattern.distort(light) == pytest.approx(1 / (theirs + 1), rel=1e-4)


@pytest.mark.parametrize("dead_frame", [True, False])
def test_intervals_follow_the_law(dead_frame):
    fpn = replace(FixedPattern.random((5, 8), 1), dead_frame=dead_frame)
    # K, by what is known of the pixel in the bright field.
    k = fpn.gain * fpn.deviation * (fpn.lux + fpn.offset)
    lux = np.float32(100)
    clean = 1 / (dead_frame + k / lux)
    interval = dead_frame + k / (fpn.gain * (lux + fpn.offset))
    assert 1 / fpn.distort(clean) == pytest.approx(interval, rel=1e-4)


def test_far_below_a_spike_a_frame_the_weight_is_equation_12(measured_pattern):
    light = np.float32(0.01)
    deviation = 1 / light - 1
    per_lux = measured_pattern.deviation * (335 + measured_pattern.offset)
    gamma = 1 / (measured_pattern.gain + deviation * measured_pattern.offset / per_lux)
    intervals = 1 / measured_pattern.distort(np.full(measured_pattern.shape, light))
    slow = intervals > 50
    assert slow.mean() > 0.9
    assert measured_pattern.interval_weight(intervals)[slow] == pytest.approx(gamma[slow], rel=0.03)


def test_a_block_of_bad_pixels_is_filled_from_around_it():
    ones = np.ones((9, 9), np.float32)
    bad = np.zeros((9, 9), np.uint8)
    bad[2:6, 2:6] = DEAD
    fpn = FixedPattern(ones * 0, ones, ones, 335, bad)
    picture = np.full((2, 9, 9), 0.5, np.float32)
    picture[:, bad > 0] = 0
    assert (fpn.fill_bad_pixels(picture) == 0.5).all()


@pytest.mark.parametrize("method", ["tfp", "tfi", "tfstp"])
def test_a_turned_recording_is_corrected_by_the_pattern_of_its_sensor(spikes, method):
    fpn = FixedPattern.random((12, 20), 0)
    assert not fpn.bad.any()
    stream = sc.SpikeStream.from_array(spikes(60, 12, 20))
    orientation = sc.Orientation("vertical", 90, ((2, 19), (1, 9)))
    expected = orientation.apply(sc.reconstruct(stream, 30, method, fpn=fpn))
    oriented = stream.orient(orientation)
    assert np.array_equal(sc.reconstruct(oriented, 30, method, fpn=fpn), expected)
    for wrong in (fpn.orient(orientation), FixedPattern.random((20, 12), 0)):
        with pytest.raises(sc.GeometryError, match="the recording of 20x12"):
            sc.reconstruct(oriented, 30, method, fpn=wrong)


def test_its_maps_are_turned_together():
    maps = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    fpn = FixedPattern(maps, maps + 10, maps + 20, 335, np.uint8([[DEAD, 0, 0], [0, 0, 0]]))
    turned = fpn.orient(sc.Orientation(rotate=90))
    assert turned.offset.tolist() == [[4, 1], [5, 2], [6, 3]]
    assert turned.gain.tolist() == [[14, 11], [15, 12], [16, 13]]
    assert turned.deviation.tolist() == [[24, 21], [25, 22], [26, 23]]
    assert turned.bad.tolist() == [[0, DEAD], [0, 0], [0, 0]]
    with pytest.raises(sc.RangeError, match="not inside the fixed pattern"):
        fpn.orient(sc.Orientation(crop="0:3,0:3"))


def test_it_is_saved_and_opened(tmp_path, measured_pattern):
    for dead_frame in (True, False):
        pattern = replace(measured_pattern, dead_frame=dead_frame)
        pattern.save(tmp_path / "fpn.npz")
        again = FixedPattern.load(tmp_path / "fpn.npz")
        for name in ("offset", "gain", "deviation", "bad", "lux", "dead_frame"):
            assert np.array_equal(getattr(again, name), getattr(pattern, name))
        assert again.digest() == pattern.digest()
        assert (again.digest() == measured_pattern.digest()) == dead_frame


def test_a_published_file_is_of_a_camera_with_a_dead_frame(tmp_path, measured_pattern):
    maps = (measured_pattern.offset, measured_pattern.gain, measured_pattern.deviation)
    np.savez(tmp_path / "fpn.npz", **dict(zip(("Nd", "Nl", "D_light"), maps, strict=True)))
    assert FixedPattern.load(tmp_path / "fpn.npz").dead_frame


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

"""Motion during an exposure, and light gathered along it."""

import cv2
import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.exposure_motion import ExposureMotion
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.encoding import SRGB

SPEED = 8 / 97  # pixels a frame
INNER = np.s_[8:-8, 16:-16]


def pan():
    """Light (T, 48, 96) of a texture that moves to the right."""
    noise = np.random.default_rng(0).random((80, 160), np.float32)
    texture = cv2.GaussianBlur(noise, (0, 0), 1.5)
    texture = 0.1 + 0.8 * (texture - texture.min()) / np.ptp(texture)
    rows, columns = np.mgrid[:48, :96].astype(np.float32)
    return np.stack(
        [
            cv2.remap(texture, columns + 30 - SPEED * (t - 68), rows + 16, cv2.INTER_CUBIC)
            for t in range(137)
        ]
    )


@pytest.fixture(scope="module")
def light():
    return pan()


@pytest.fixture(scope="module")
def stream(light):
    return sc.simulate(light, sc.Sensor(threshold=4), seed=0)


def test_paths_follow_what_moves(stream):
    motion = ExposureMotion(LogRateRatios(stream, (20, 117)))
    for frame in (30, 68, 109):
        paths = motion.paths(frame)
        for units in (-20, 15):
            shift = paths.displacement(units)[INNER]
            assert np.abs(np.median(shift[..., 0]) - SPEED * units) < 0.15
            assert np.abs(np.median(shift[..., 1])) < 0.1


def test_paths_do_not_depend_on_the_frame_rate():
    fast = sc.simulate(np.repeat(pan(), 3, axis=0), sc.Sensor(threshold=4), seed=0)
    ratios = LogRateRatios(fast, (60, 351))
    paths = ExposureMotion(ratios).paths(3 * 68 + 1)
    assert np.abs(np.median(paths.displacement(20)[INNER][..., 0]) - SPEED * 20) < 0.15


def test_aligned_light_is_closer_to_the_truth_than_a_window(stream, light):
    ratios = LogRateRatios(stream, (20, 117))
    motion = ExposureMotion(ratios)
    paths = motion.paths(68)
    maps = motion.aligned_log_ratios(68, paths)
    assert maps.shape == (4, 48, 96)

    def error(log_ratio):
        return np.sqrt(np.mean((np.exp(log_ratio) * ratios.rate - light[68] / 4)[INNER] ** 2))

    assert error(maps[3]) < 0.6 * error(ratios.log_sdm_ratio(68))
    for part in maps[:3]:
        assert error(maps[3]) < error(part)


def test_encoded_light_is_that_of_the_light(stream):
    plain, encoded = (LogRateRatios(stream, (20, 117)) for _ in range(2))
    encoded.set_encoding(SRGB, 0.25)
    motion = ExposureMotion(plain)
    paths = motion.paths(68)
    maps = motion.aligned_log_ratios(68, paths)
    expected = np.log(
        SRGB.encode(np.exp(maps) * plain.rate / 0.25) / SRGB.encode(plain.rate / 0.25)
    )
    assert np.allclose(ExposureMotion(encoded).aligned_log_ratios(68, paths), expected, atol=5e-3)


def test_recordings_of_the_exposure_alone_have_light_for_every_frame(stream):
    part = stream[20:117]
    motion = ExposureMotion(LogRateRatios(part, (0, 97)))
    for frame in (0, 48, 96):
        maps = motion.aligned_log_ratios(frame, motion.paths(frame))
        assert np.isfinite(maps).all()
        assert np.abs(maps[3]).mean() < 1
    # Before the first frame and after the last one there is nothing.
    assert (motion.aligned_log_ratios(0, motion.paths(0))[1] == 0).all()


def test_rates_of_windows_are_those_of_their_charge(stream):
    ratios = LogRateRatios(stream, (20, 117))
    starts, stops = np.array([0.0, 30.5, 130.0, 140.0]), np.array([10.0, 47.25, 150.0, 150.0])
    rates = ratios.rates(starts, stops)
    charge = sc.reconstruct(stream, at=5, method="tfp", window=9)
    assert rates.shape == (4, 48, 96)
    assert np.abs(rates[0] - charge).mean() < 0.05
    # What lies outside of the recording is cut off; where nothing is left, all is as on average.
    assert np.array_equal(rates[2], ratios.rates(np.array([130.0]), np.array([137.0]))[0])
    assert np.array_equal(rates[3], ratios.rate)


def test_a_rolling_shutter_shifts_the_rows(stream):
    plain = LogRateRatios(stream, (40, 97))
    rolling = LogRateRatios(stream, (40, 97), readout=20)
    starts, stops = np.array([50.0]), np.array([60.0])
    rolled = rolling.rates(starts, stops)[0]
    for row, delay in ((0, rolling.delays[0]), (47, rolling.delays[-1])):
        expected = plain.rates(starts + delay, stops + delay)[0, row]
        assert np.allclose(rolled[row], expected, atol=1e-4)


def test_pictures_too_small_for_flow_stand_still(spikes):
    stream = sc.SpikeStream.from_array(spikes(137, 8, 8, rate=0.4))
    motion = ExposureMotion(LogRateRatios(stream, (20, 117)))
    assert (motion.paths(68).displacement(30) == 0).all()

import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.log_rate_ratios import LogRateRatios
from spikecam.encoding import LINEAR, SRGB, gamma_encoding
from spikecam.networks.configs.refiner import RefinerInputConfig
from spikecam.stream import SpikeStream

PLACE, SDM = -2, -1


def test_constant_light_has_ratios_of_one(steady):
    ratios = LogRateRatios(steady(np.full((4, 6), 0.25), 137), (20, 117))
    assert ratios.exposure_log_ratios().shape == (RefinerInputConfig().exposure_maps, 4, 6)
    assert np.abs(ratios.exposure_log_ratios()[:-1]).max() < 1e-3
    for frame in (20, 68, 116):
        moment = ratios.frame_log_ratios(frame)
        assert moment.shape == (
            RefinerInputConfig(aligned_windows=0, gray_weights="").moment_maps,
            4,
            6,
        )
        assert np.abs(np.delete(moment, PLACE, axis=0)).max() < 1e-3


def test_the_place_runs_through_the_exposure(steady):
    ratios = LogRateRatios(steady(np.full((1, 1), 0.3), 137), (20, 117))
    places = [ratios.frame_log_ratios(frame)[PLACE, 0, 0] for frame in (20, 68, 116)]
    assert np.allclose(places, [-48 / 97, 0, 48 / 97])


@pytest.mark.parametrize("threshold", [1, 2, 4])
def test_no_threshold_changes_them_but_for_what_spikes_cannot_tell(threshold):
    light = np.linspace(0.3, 0.9, 137, dtype=np.float32)[:, None, None] * np.ones((8, 8), "f4")
    ratios = LogRateRatios(sc.simulate(light, sc.Sensor(threshold=threshold), seed=0), (20, 117))
    for frame in (30, 68, 110):
        expected = np.log(light[frame, 0, 0] / light[20:117, 0, 0].mean())
        assert np.abs(ratios.frame_log_ratios(frame)[SDM].mean() - expected) < 0.04


def test_neither_rate_nor_length_of_the_exposure_matters():
    def maps(factor):
        time = (np.arange(137 * factor) + 0.5) / (137 * factor)
        light = (0.5 + 0.4 * np.sin(7 * time)).astype(np.float32)[:, None, None]
        stream = sc.simulate(
            np.tile(light, (1, 20, 20)), sc.Sensor(threshold=2, gain=1 / factor), seed=0
        )
        ratios = LogRateRatios(stream, (20 * factor, 117 * factor))
        return np.concatenate(
            [ratios.frame_log_ratios(68 * factor + factor // 2), ratios.exposure_log_ratios()[:-1]]
        )

    assert np.abs(maps(1).mean((1, 2)) - maps(3).mean((1, 2))).max() < 0.05


def test_what_lies_outside_the_recording_counts_as_one(spikes):
    stream = SpikeStream.from_array(spikes(97, 4, 4, rate=0.5))
    ratios = LogRateRatios(stream, (0, 97))
    assert (ratios.exposure_log_ratios()[[0, -2]] == 0).all()
    assert (ratios.frame_log_ratios(0)[:7] == 0).all()
    assert np.isfinite(ratios.frame_log_ratios(96)).all()


def test_only_what_is_near_is_read(spikes):
    long = spikes(3000, 4, 4, rate=0.5)
    whole = LogRateRatios(SpikeStream.from_array(long), (1000, 1097))
    part = LogRateRatios(SpikeStream.from_array(long[850:1250]), (150, 247))
    assert len(whole.part) < 400
    assert np.array_equal(whole.frame_log_ratios(1050), part.frame_log_ratios(200))


def test_a_fixed_pattern_does_not_show():
    fpn = sc.FixedPattern.random((12, 16), seed=2)
    light = np.full((137, 12, 16), 0.15, np.float32)
    light[60:77] *= 3
    stream = sc.simulate(light, sc.Sensor(threshold=0.3), fpn=fpn, seed=0)
    spread = [
        np.std(LogRateRatios(stream, (20, 117), fpn=use).frame_log_ratios(68)[SDM])
        for use in (None, fpn)
    ]
    assert spread[1] < spread[0]


def test_a_recording_too_large_to_keep_gives_the_same(spikes):
    stream = SpikeStream.from_array(spikes(300, 6, 11, rate=0.3))
    kept = LogRateRatios(stream, (40, 211))
    read = LogRateRatios(stream, (40, 211), cache_bytes=0)
    assert np.allclose(kept.exposure_log_ratios(), read.exposure_log_ratios(), atol=1e-4)
    for frame in (40, 100, 210):
        assert np.allclose(kept.frame_log_ratios(frame), read.frame_log_ratios(frame), atol=1e-4)


@pytest.fixture
def rising():
    """A recording of light that rises to three times as much, of pixels of other reflectances."""
    light = np.linspace(0.1, 0.3, 137, dtype=np.float32)[:, None, None]
    reflectances = np.linspace(0.5, 3, 24, dtype=np.float32).reshape(4, 6)
    return sc.simulate(light * reflectances, sc.Sensor(threshold=1), seed=0)


def all_maps(ratios):
    """Log ratios of windows alone."""
    moment = np.delete(ratios.frame_log_ratios(80), PLACE, axis=0)
    return np.concatenate([moment, ratios.exposure_log_ratios()[:-1]])


@pytest.mark.parametrize("gamma", [0.5, 1.8, 2.2])
def test_a_power_law_divides_log_ratios_by_its_gamma(rising, gamma):
    plain, encoded = (LogRateRatios(rising, (20, 117)) for _ in range(2))
    encoded.set_encoding(gamma_encoding(gamma), white_rate=0.8)
    assert np.abs(all_maps(plain)).max() > 0.3
    assert np.allclose(all_maps(encoded), all_maps(plain) / gamma, atol=2e-3)
    # What says where and how sure it is stays as it was.
    assert np.array_equal(encoded.frame_log_ratios(80)[PLACE], plain.frame_log_ratios(80)[PLACE])
    assert np.array_equal(encoded.exposure_log_ratios()[-1], plain.exposure_log_ratios()[-1])
    assert np.allclose(encoded.log_sdm_ratio(80), plain.log_sdm_ratio(80) / gamma, atol=2e-3)


def test_the_linear_encoding_changes_no_log_ratio(rising):
    plain, linear = (LogRateRatios(rising, (20, 117)) for _ in range(2))
    linear.set_encoding(LINEAR, white_rate=0.8)
    assert np.array_equal(all_maps(linear), all_maps(plain))
    assert np.array_equal(linear.brightness, plain.rate)
    # Nor does it after another one.
    linear.set_encoding(SRGB, white_rate=0.8)
    assert np.abs(all_maps(linear) - all_maps(plain)).max() > 0.05
    linear.set_encoding(LINEAR, white_rate=0.8)
    assert np.array_equal(all_maps(linear), all_maps(plain))
    assert np.array_equal(linear.brightness, plain.rate)


def test_encoded_ratios_are_those_of_encoded_light(rising):
    plain, encoded = (LogRateRatios(rising, (20, 117)) for _ in range(2))
    white_rate = 0.9
    encoded.set_encoding(SRGB, white_rate)
    light = plain.rate / white_rate
    expected = np.log(SRGB.encode(light * np.exp(plain.log_sdm_ratio(80))) / SRGB.encode(light))
    assert np.allclose(encoded.log_sdm_ratio(80), expected, atol=2e-3)
    assert np.allclose(encoded.brightness, SRGB.encode(light) * white_rate, atol=1e-6)

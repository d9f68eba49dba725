from dataclasses import replace

import numpy as np
import pytest

import spikecam as sc
from spikecam.calibration.sensor_law import fit_one_field, fit_three_fields, lux_of_linear_rates
from spikecam.fixed_pattern import FixedPattern

LUX = (0, 40, 100)
SHAPE = (20, 30)


def rates_in(clean_rates, fpn, noise=1e-3):
    """Rates of the pixels of a camera where the reference pixel has ``clean_rates``."""
    rng = np.random.default_rng(1)
    fields = (fpn.distort(np.full(fpn.shape, rate, np.float32)) for rate in clean_rates)
    return [rates * rng.normal(1, noise, fpn.shape) for rates in fields]


def camera(dead_frame, median_gain=0.65):
    fpn = FixedPattern.random(SHAPE, 0)
    gain = fpn.gain * np.float32(median_gain / np.median(fpn.gain))
    return replace(fpn, gain=gain, dead_frame=dead_frame)


@pytest.mark.parametrize("dead_frame", [True, False])
@pytest.mark.parametrize("bright_light", [0.2, 0.5, 0.9])
def test_the_law_is_found_with_the_pattern(dead_frame, bright_light):
    fpn = camera(dead_frame)
    light = np.divide(LUX, LUX[2]) * bright_light
    rates = rates_in(light / (1 + light) if dead_frame else light, fpn)
    found = fit_three_fields(rates, LUX)
    assert found.dead_frame == dead_frame
    gain_ratio = (found.gain / fpn.gain)[(fpn.bad == 0) & (found.bad == 0)]
    assert gain_ratio.std() / gain_ratio.mean() < 0.005  # gains scatter by 0.06


@pytest.mark.parametrize("median_gain", [0.65, 1])
@pytest.mark.parametrize("bright_rate", [0.5, 0.9])
def test_rates_of_published_simulators_are_calibrated(median_gain, bright_rate):
    fpn = camera(True, median_gain)
    clean_rates = np.divide(LUX, LUX[2]) * bright_rate
    found = fit_three_fields(rates_in(clean_rates, fpn, noise=2e-4), LUX)
    assert found.dead_frame
    other = fpn.distort(np.full(SHAPE, 0.6 * bright_rate, np.float32))
    assert np.std(found.correct(other)) < 0.1 * np.std(other)


def test_illuminances_of_linear_rates_are_odds():
    rates = [np.full(SHAPE, rate) for rate in (0.0, 0.3, 0.6)]
    assert lux_of_linear_rates(rates, (0, 1, 2)) == pytest.approx([0, 2 * 3 / 7 / 1.5, 2])
    # By the law with a dead frame, rates are not proportional to the light anywhere.
    assert lux_of_linear_rates(rates, (0, 3 / 7, 1.5)) is None


@pytest.mark.parametrize("rates", [(0.0, 0.5, 0.6), (0.0, 0.05, 0.6)])
def test_what_follows_no_law_is_refused(rates):
    with pytest.raises(sc.OptionError, match="do not fit the fields") as refusal:
        fit_three_fields([np.full(SHAPE, rate) for rate in rates], LUX)
    assert "with a dead frame and" in str(refusal.value)
    assert "without a dead frame; measure both again" in str(refusal.value)


@pytest.mark.parametrize(
    ("dead_frame", "gain"), [(True, (2 / 3) / (1 / 2)), (False, 0.4 / (1 / 3))]
)
def test_one_field_has_gains_by_its_law(dead_frame, gain):
    rates = np.full(SHAPE, 1 / 3)
    rates[0, 0] = 0.4
    found = fit_one_field(rates, dead_frame)
    assert found.gain[0, 0] == pytest.approx(gain)
    assert not found.offset.any()

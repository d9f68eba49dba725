import numpy as np
import pytest

import spikecam as sc
from spikecam.fixed_pattern import FixedPattern
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.stream import SpikeStream


def test_constant_light_is_measured_exactly_at_any_moment(steady):
    rates = 1 / np.arange(1, 25).reshape(4, 6)
    moments = np.array([0, 3.5, 30, 90.25, 200])
    charges = cumulative_charge(steady(rates, 200), moments)
    expected = rates * np.diff(moments)[:, None, None]
    assert np.allclose(np.diff(charges, axis=0), expected, rtol=1e-4)


def test_it_never_falls_and_is_within_one_spike_of_the_count(spikes):
    stream = SpikeStream.from_array(spikes(150, 7, 13, rate=0.05, seed=3))
    charges = cumulative_charge(stream, np.arange(151))
    assert np.diff(charges, axis=0).min() >= -1e-5
    counts = np.asarray(stream).cumsum(0)
    inside = charges[20:131] - charges[20]
    assert np.abs(inside - (counts[19:130] - counts[19])).max() <= 1 + 1e-5


def test_silent_pixels_collect_less_than_a_threshold():
    silent = np.zeros((50, 1, 3), np.uint8)
    silent[30, 0, 1] = 1
    charges = cumulative_charge(SpikeStream.from_array(silent), [0, 10, 25, 50])
    assert (np.diff(charges, axis=0) > 0).all()
    assert (charges[-1] - charges[0] <= 2).all()
    assert charges[-1, 0, 0] - charges[0, 0, 0] == 0.5


def test_a_fixed_pattern_is_corrected():
    fpn = FixedPattern.random((6, 8), seed=1)
    light = np.full((2000, 6, 8), 0.2, np.float32)
    stream = sc.simulate(light, sc.Sensor(), fpn=fpn, seed=0)
    good = fpn.bad == 0
    apart = [
        np.std((np.diff(cumulative_charge(stream, [100, 1900], fpn=fpn_), axis=0)[0])[good])
        for fpn_ in (None, fpn)
    ]
    assert apart[1] < apart[0] / 10


def test_moments_outside_or_falling_are_refused(spikes):
    stream = SpikeStream.from_array(spikes(20, 2, 2))
    for wrong in ([-1, 3], [3, 21], [5, 3]):
        with pytest.raises(sc.RangeError, match="0 to 20"):
            cumulative_charge(stream, wrong)

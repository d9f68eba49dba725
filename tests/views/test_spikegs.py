import numpy as np
import pytest

from spikecam.errors import RangeError
from spikecam.fixed_pattern import FixedPattern
from spikecam.reconstruction.reconstruct import reconstruct
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.views.observations import SensorScale
from spikecam.views.spikegs import observe_spikegs

LIGHT = np.random.default_rng(0).uniform(0.1, 1, (9, 16)).astype(np.float32)


def recording():
    return simulate(np.broadcast_to(0.4 * LIGHT, (80, 9, 16)), "ideal")


def test_moments_have_an_interval_picture_and_an_accumulated_one():
    stream, scale = recording(), SensorScale(0.4)
    observations = observe_spikegs(stream, [20, 60], scale)
    assert [one.times for one in observations] == [
        (4, 8, 12, 16, 20, 24, 28, 32, 36),
        (44, 48, 52, 56, 60, 64, 68, 72, 76),
        (20,),
        (60,),
    ]
    expected = [
        reconstruct(stream, at, method, **options) / np.float32(0.4)
        for method, options in (("tfp", {"window": 33}), ("tfi", {}))
        for at in (20, 60)
    ]
    for one, picture in zip(observations, expected, strict=True):
        np.testing.assert_allclose(one.target[0], picture, rtol=1e-5)
        assert not one.is_count
    assert np.abs(observations[0].target[0] - LIGHT).max() < 0.1


def test_a_fixed_pattern_is_corrected():
    fpn = FixedPattern.random((9, 16), 0)
    light = np.broadcast_to(0.4 * LIGHT, (80, 9, 16))
    stream = simulate(light, "ideal", fpn=fpn)
    errors = [
        np.abs(observe_spikegs(stream, [40], SensorScale(0.4), fpn=one)[0].target - LIGHT).mean()
        for one in (None, fpn)
    ]
    assert errors[1] < errors[0]


def test_moments_at_the_ends_are_refused():
    with pytest.raises(RangeError):
        observe_spikegs(recording(), [15], SensorScale(0.4))

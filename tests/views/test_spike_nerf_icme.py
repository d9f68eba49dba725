from dataclasses import replace

import numpy as np
import pytest
import torch

from spikecam.encoding import LINEAR, gamma_encoding
from spikecam.errors import OptionError, RangeError
from spikecam.gray import GRAY_WEIGHTS
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.views.neuron import integrate_and_fire, spike_derivatives
from spikecam.views.observations import SensorScale
from spikecam.views.predicted_light import LightTable
from spikecam.views.spike_nerf_icme import SpikeNerfLoss, observe_spike_nerf

SCALE = SensorScale(0.4, 0.01)
TABLE = LightTable.of_encoding(gamma_encoding(2.2))
GRAY = np.float32([GRAY_WEIGHTS])


def observation():
    light = np.random.default_rng(0).uniform(0.2, 1, (6, 8)).astype(np.float32)
    stream = simulate(np.broadcast_to(SCALE.rate(light), (200, 6, 8)), "ideal")
    return next(observe_spike_nerf(stream, [100], SCALE)), stream, light


def test_pictures_are_black_where_no_spike_fell():
    light = np.tile(np.float32([0.3, 0.05]), (4, 4))
    stream = simulate(np.broadcast_to(light, (200, 4, 8)), "ideal")
    first, second = observe_spike_nerf(stream, [60, 100], SensorScale(0.4))
    assert (first.times, second.times) == ((60.0,), (100.0,))
    fired = np.asarray(stream)[55:66].any(axis=0)
    assert 0 < fired[:, 1::2].mean() < 1
    assert (first.target[0][~fired] == 0).all()
    expected = stream.count(40, 81)[fired] / 41 / 0.4
    np.testing.assert_allclose(first.target[0][fired], expected, rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(first.spikes.stream), np.asarray(stream)[55:66])


def test_loss_and_gradient_are_those_of_pytorch():
    measured, _, _ = observation()
    views = np.random.default_rng(1).uniform(0.5, 1, (2, 3, 6, 8)).astype(np.float32)
    loss, gradient = SpikeNerfLoss(0.7)(views, measured, GRAY, TABLE)
    leaf = torch.tensor(views, dtype=torch.float64, requires_grad=True)
    weights = torch.tensor(GRAY[0], dtype=torch.float64)
    light = torch.einsum("c,kchw->hw", weights, leaf**2.2) / 2
    rate = 0.4 * light + 0.01
    spikes, membranes = integrate_and_fire(np.float32(rate.detach()), measured.spikes.phase, 11)
    slopes = torch.tensor(spike_derivatives(membranes), dtype=torch.float64)
    fired = torch.tensor(spikes, dtype=torch.float64) + slopes * (rate - rate.detach())
    truth = torch.tensor(measured.target[0], dtype=torch.float64).clamp(min=0) ** (1 / 2.2)
    recorded = torch.tensor(np.asarray(measured.spikes.stream), dtype=torch.float64)
    expected = ((light ** (1 / 2.2) - truth) ** 2).mean() + 0.7 * ((fired - recorded) ** 2).mean()
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-2)
    largest = leaf.grad.abs().max().item()
    np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-2, atol=5e-3 * largest)


def test_spikes_of_the_true_light_are_the_recorded_ones():
    measured, stream, light = observation()
    linear = LightTable.of_encoding(LINEAR)
    one, views = np.eye(1, dtype=np.float32), light[None, None]
    rng = np.random.default_rng((0, 0))
    spikes, membranes = integrate_and_fire(SCALE.rate(light), rng.random((6, 8), np.float32), 95)
    np.testing.assert_array_equal(spikes, np.asarray(stream)[:95])
    phases = membranes[-1] - spikes[-1], measured.spikes.phase, np.zeros((6, 8), np.float32)
    misses = []
    for phase in phases:
        started = replace(measured, spikes=replace(measured.spikes, phase=phase))
        with_spikes, without = (
            SpikeNerfLoss(weight)(views, started, one, linear)[0] for weight in (1, 0)
        )
        misses.append(with_spikes - without)
    assert misses[0] == pytest.approx(0, abs=1e-9)
    # The recording says when a pixel fired to the frame alone.
    assert 0 < misses[1] < 0.7 * misses[2]


def test_a_negative_weight_is_refused():
    with pytest.raises(OptionError, match="at least 0"):
        SpikeNerfLoss(-1)


def test_moments_at_the_ends_are_refused():
    with pytest.raises(RangeError):
        next(observe_spike_nerf(observation()[1], [19], SCALE))

"""Neurons against the simulated sensor, and their surrogate against finite differences."""

import numpy as np
import pytest

from spikecam.sensor.integrate_and_fire import simulate
from spikecam.sensor.sensor import Sensor
from spikecam.views.neuron import integrate_and_fire, spike_derivatives


@pytest.mark.parametrize("threshold", [1.0, 2.7, 0.6])
def test_spikes_are_those_of_the_simulated_sensor(threshold):
    frames, shape, seed = 300, (13, 21), 4
    light = np.random.default_rng(0).random(shape, np.float32)
    light[0, :3] = 0, 1, 0.5
    expected = simulate(
        np.broadcast_to(light, (frames, *shape)), "ideal", threshold=threshold, seed=seed
    )
    phase = np.random.default_rng((seed, 0)).random(shape, np.float32)
    rate = np.float32(Sensor().gain / threshold) * light
    spikes, membranes = integrate_and_fire(rate, phase, frames)
    np.testing.assert_array_equal(spikes, np.asarray(expected))
    np.testing.assert_array_equal(spikes, membranes >= 1)
    assert 0 < spikes.mean() < 1


def smooth_neurons(rate, phase, frames):
    """Spikes of neurons whose step is smooth, and their membranes before the reset."""
    charge, spikes, membranes = phase, [], []
    for _ in range(frames):
        charge = charge + rate
        membranes.append(charge)
        spikes.append(0.5 + np.arctan(np.pi * (charge - 1)) / np.pi)
        charge = charge - spikes[-1]
    return np.array(spikes), np.array(membranes)


def test_surrogate_derivatives_are_those_of_smooth_neurons():
    rng = np.random.default_rng(1)
    rate, phase = rng.uniform(0, 1.2, (4, 6)), rng.random((4, 6))
    _, membranes = smooth_neurons(rate, phase, 20)
    derivatives = spike_derivatives(membranes.astype(np.float32))
    more, less = (smooth_neurons(rate + step, phase, 20)[0] for step in (1e-5, -1e-5))
    np.testing.assert_allclose(derivatives, (more - less) / 2e-5, rtol=1e-3, atol=1e-3)


def test_counts_change_with_light_by_about_the_number_of_frames():
    rate = np.linspace(0, 0.9, 50, dtype=np.float32)[None]
    phase = np.random.default_rng(0).random((1, 50), np.float32)
    _, membranes = integrate_and_fire(rate, phase, 40)
    count = spike_derivatives(membranes).sum(axis=0)
    assert count.min() > 30
    assert count.max() <= 40

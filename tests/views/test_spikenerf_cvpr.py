import numpy as np
import pytest
import torch

from spikecam.encoding import LINEAR, gamma_encoding
from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.views.neuron import integrate_and_fire, spike_derivatives
from spikecam.views.observations import Observation, SensorScale, observe_pictures
from spikecam.views.predicted_light import LightTable
from spikecam.views.spikenerf_cvpr import observe_spike_counts, spike_count_loss

SCALE = SensorScale(0.4, 0.01)
ONE = np.eye(1, dtype=np.float32)
LIGHT = np.random.default_rng(0).uniform(0.3, 1, (6, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def stream():
    return simulate(np.broadcast_to(SCALE.rate(LIGHT), (300, 6, 8)), "ideal")


def test_observations_are_counts_with_the_times_of_their_views(stream):
    first, second = observe_spike_counts(stream, [(0, 33), (100, 132)], SCALE, views=2)
    assert first.times == (7.75, 24.25)
    assert second.times == (107.5, 123.5)
    expected = (stream.count(100, 132) / 32 - 0.01) / 0.4
    np.testing.assert_allclose(second.target[0], expected, rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(second.spikes.stream), np.asarray(stream)[100:132])


def test_the_true_light_has_almost_no_loss(stream):
    (measured,) = observe_spike_counts(stream, [(100, 200)], SCALE)
    table = LightTable.of_encoding(LINEAR)
    loss, _ = spike_count_loss(LIGHT[None, None], measured, ONE, table)
    # The phase is known to the fraction of an interval, by its spikes.
    fired, _ = integrate_and_fire(SCALE.rate(LIGHT), measured.spikes.phase, 100)
    assert np.abs(fired.sum(axis=0, dtype=int) - stream.count(100, 200)).max() <= 1
    assert loss < 0.05**2
    empty, _ = integrate_and_fire(SCALE.rate(LIGHT), np.zeros_like(LIGHT), 100)
    assert np.mean(empty.sum(axis=0, dtype=int) != stream.count(100, 200)) > 2 * np.mean(
        fired.sum(axis=0, dtype=int) != stream.count(100, 200)
    )


def test_loss_and_gradient_are_those_of_pytorch(stream):
    (measured,) = observe_spike_counts(stream, [(50, 83)], SCALE)
    views = np.random.default_rng(1).uniform(0.6, 1, (2, 1, 6, 8)).astype(np.float32)
    table = LightTable.of_encoding(gamma_encoding(2.2))
    loss, gradient = spike_count_loss(views, measured, ONE, table)
    leaf = torch.tensor(views, dtype=torch.float64, requires_grad=True)
    rate = 0.4 * (leaf**2.2).mean(dim=(0, 1)) + 0.01
    spikes, membranes = integrate_and_fire(np.float32(rate.detach()), measured.spikes.phase, 33)
    slope = torch.tensor(spike_derivatives(membranes).sum(axis=0), dtype=torch.float64)
    count = torch.tensor(spikes.sum(axis=0, dtype=float)) + slope * (rate - rate.detach())
    value = ((count / 33 - 0.01) / 0.4) ** (1 / 2.2)
    expected = (
        (value - torch.tensor(measured.target[0], dtype=torch.float64) ** (1 / 2.2)) ** 2
    ).mean()
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-2)
    largest = leaf.grad.abs().max().item()
    np.testing.assert_allclose(gradient, leaf.grad, rtol=1e-2, atol=5e-3 * largest)


def test_pictures_without_spikes_are_refused():
    (picture,) = observe_pictures([LIGHT], [(0.0,)])
    with pytest.raises(OptionError, match="a picture has none"):
        spike_count_loss(LIGHT[None, None], picture, ONE, LightTable.of_encoding(LINEAR))


def test_a_sensor_of_colours_is_refused(stream):
    (gray,) = observe_spike_counts(stream, [(0, 30)], SCALE)
    colours = Observation(
        (0.0,), np.repeat(gray.target, 3, axis=0), gray.weight, spikes=gray.spikes
    )
    with pytest.raises(OptionError, match="3 colours"):
        spike_count_loss(LIGHT[None, None], colours, ONE, LightTable.of_encoding(LINEAR))


def test_views_of_another_size_are_refused(stream):
    (measured,) = observe_spike_counts(stream, [(0, 30)], SCALE)
    views = np.zeros((1, 1, 5, 5), np.float32)
    with pytest.raises(GeometryError, match="5x5 pixels and the recording of 8x6"):
        spike_count_loss(views, measured, ONE, LightTable.of_encoding(LINEAR))


def test_windows_outside_the_recording_are_refused(stream):
    with pytest.raises(RangeError):
        next(observe_spike_counts(stream, [(290, 310)], SCALE))

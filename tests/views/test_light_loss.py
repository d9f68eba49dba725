"""The loss and its gradient against an expression in PyTorch."""

import numpy as np
import pytest
import torch

from spikecam.encoding import LINEAR, SRGB, gamma_encoding
from spikecam.errors import GeometryError
from spikecam.gray import GRAY_WEIGHTS
from spikecam.views.light_loss import light_loss
from spikecam.views.predicted_light import LightTable

MAX_VALUE = 1.25


def loss_in_pytorch(views, target, weight, mixing, table, quadratic):
    """The formulas of the module, with the slope as a constant."""
    light = torch.tensor(table.light, dtype=torch.float64)
    scale = (len(light) - 1) / MAX_VALUE
    place = views * scale
    index = place.detach().floor().long().clamp(0, len(light) - 2)
    decoded = light[index] + (place - index) * (light[index + 1] - light[index])
    predicted = torch.einsum("jc,chw->jhw", mixing, decoded.mean(0))
    nearest = np.searchsorted(table.light, predicted.detach().numpy().astype(np.float32))
    slope = torch.tensor(table.slope[np.minimum(nearest, len(light) - 1)], dtype=torch.float64)
    error = slope * (predicted - target)
    return (weight * (error**2 if quadratic else error.abs())).mean(), predicted


@pytest.mark.parametrize("quadratic", [True, False])
@pytest.mark.parametrize("encoding", [LINEAR, SRGB, gamma_encoding(2.2)], ids=str)
@pytest.mark.parametrize(
    ("views", "mixing"),
    [
        (1, [[1]]),
        (4, [[1]]),
        (3, np.eye(3)),
        (2, [GRAY_WEIGHTS]),
        (2, [[0.9, 0.1, 0], [0, 0.8, 0.2], [0.1, 0, 0.9], [0.3, 0.3, 0.4]]),
    ],
    ids=["gray", "gray-blurred", "colours", "weighed", "four-filters"],
)
def test_loss_and_gradient_are_those_of_pytorch(views, mixing, encoding, quadratic):
    rng = np.random.default_rng(0)
    mixing = np.asarray(mixing, np.float32)
    outputs, channels = mixing.shape
    pictures = rng.uniform(0.001, 1.4, (views, channels, 7, 9)).astype(np.float32)
    target = rng.uniform(-0.1, 1.3, (outputs, 7, 9)).astype(np.float32)
    weight = rng.uniform(0, 2, (outputs, 7, 9)).astype(np.float32)
    table = LightTable.of_encoding(encoding)
    loss, gradient, predicted = light_loss(
        pictures, target, weight, mixing, table, quadratic=quadratic
    )
    leaf = torch.tensor(pictures, dtype=torch.float64, requires_grad=True)
    others = (torch.tensor(values, dtype=torch.float64) for values in (target, weight, mixing))
    expected, expected_light = loss_in_pytorch(leaf, *others, table, quadratic)
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=2e-3)
    np.testing.assert_allclose(predicted, expected_light.detach(), rtol=1e-4, atol=1e-5)
    largest = leaf.grad.abs().max().item()
    np.testing.assert_allclose(gradient, leaf.grad, rtol=2e-3, atol=1e-4 * largest)


@pytest.mark.parametrize("encoding", [LINEAR, SRGB, gamma_encoding(2.2)], ids=str)
def test_predicted_light_is_that_of_the_encoding(encoding):
    values = np.linspace(0, MAX_VALUE, 999, dtype=np.float32).reshape(1, 1, 9, 111)
    zero = np.zeros((1, 9, 111), np.float32)
    table = LightTable.of_encoding(encoding)
    loss, _, predicted = light_loss(values, zero, zero, np.eye(1), table, quadratic=True)
    assert loss == 0
    np.testing.assert_allclose(predicted, encoding.decode(values[0]), atol=2e-6)
    slopes = np.interp(values, np.linspace(0, MAX_VALUE, len(table.slope)), table.slope).ravel()
    finite = (encoding.encode(predicted.ravel() + 1e-3) - values.ravel()) / 1e-3
    is_lit = values.ravel() > 0.3
    np.testing.assert_allclose(slopes[is_lit], finite[is_lit], rtol=0.03)
    assert table.slope.max() <= 6.0001


def test_values_below_black_are_pulled_up_alone():
    views = np.full((1, 1, 1, 2), -0.1, np.float32)
    target = np.float32([[[0.5, -0.5]]])
    table = LightTable.of_encoding(SRGB)
    _, gradient, predicted = light_loss(
        views, target, np.ones_like(target), np.eye(1), table, quadratic=False
    )
    assert (predicted == 0).all()
    assert gradient[0, 0, 0, 0] < 0
    assert gradient[0, 0, 0, 1] == 0


@pytest.mark.parametrize(
    ("target", "weight", "mixing", "message"),
    [
        ((1, 4, 5), (1, 4, 5), (1, 1), "6x5 pixels and the recording of 5x4"),
        ((1, 5, 6), (1, 1, 1), (1, 1), "do not fit"),
        ((1, 5, 6), (1, 5, 6), (2, 1), "do not fit"),
        ((1, 5, 6), (1, 5, 6), (1, 3), "do not fit"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(target, weight, mixing, message):
    views = np.zeros((1, 1, 5, 6), np.float32)
    arrays = np.zeros(target, np.float32), np.ones(weight, np.float32), np.ones(mixing)
    with pytest.raises(GeometryError, match=message):
        light_loss(views, *arrays, LightTable.of_encoding(LINEAR), quadratic=True)

"""Adam against that of PyTorch."""

import numpy as np
import pytest
import torch

from spikecam.views.optimizer import BETA_1, BETA_2, EPSILON, Adam


def gradients_of(shape, steps, seed=0):
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(steps, *shape)) * np.exp(rng.uniform(-15, 5, shape))
    gradients[rng.random(gradients.shape) < 0.2] = 0
    return gradients.astype(np.float32)


@pytest.mark.parametrize("shape", [(7,), (5, 3), (4, 9, 3)])
def test_steps_are_those_of_pytorch(shape):
    values = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    leaf = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.Adam([leaf], lr=0.03, betas=(BETA_1, BETA_2), eps=EPSILON)
    ours = Adam(values)
    for gradient in gradients_of(shape, 50):
        ours.step(values, gradient, 0.03)
        leaf.grad = torch.tensor(gradient, dtype=torch.float64)
        theirs.step()
        np.testing.assert_allclose(values, leaf.detach(), rtol=1e-4, atol=1e-5)


def test_columns_have_rates_of_their_own():
    values, other = np.zeros((4, 2, 3), np.float32), np.zeros((4, 2, 3), np.float32)
    rates = np.float32([0.1, 0.2, 0.3, 0, 1, 10])
    ours, even = Adam(values), Adam(other)
    for gradient in gradients_of((4, 2, 3), 5):
        ours.step(values, gradient, rates)
        even.step(other, gradient, 1.0)
    np.testing.assert_allclose(values, other * rates.reshape(2, 3), rtol=1e-5)


def test_rows_lose_their_past_and_others_keep_it():
    values, fresh = np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32)
    ours = Adam(values)
    first, second = gradients_of((3, 2), 2) + np.float32(1)
    ours.step(values, first, 0.1)
    before = ours.first.copy()
    ours.replace_rows(np.array([1]))
    assert not ours.first[1].any()
    assert not ours.second[1].any()
    np.testing.assert_array_equal(ours.first[[0, 2]], before[[0, 2]])
    ours.append_rows(2)
    assert ours.first.shape == ours.second.shape == (5, 2)
    grown = np.concatenate([fresh, fresh[:2]])
    ours.step(grown, np.concatenate([second, second[:2]]), 0.1)
    # Rows without a past move as if they had always had no gradient.
    still = Adam(fresh)
    still.step(fresh, np.zeros_like(fresh), 0.1)
    still.step(fresh, second, 0.1)
    np.testing.assert_allclose(grown[[1, 3, 4]], fresh[[1, 0, 1]], rtol=1e-6)

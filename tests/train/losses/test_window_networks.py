"""Losses of published networks, by networks that give what is wanted of them."""

import pytest
import torch

from spikecam.train.losses.window_networks import (
    blind_interval_error,
    blind_mean_error,
    middle_truth,
    rate_and_coarser_error,
    rate_and_estimate_error,
    rate_error,
)


def batch(truths=1, size=16, frames=9):
    generator = torch.Generator().manual_seed(0)
    return {
        "inputs": (torch.rand(2, frames, size, size, generator=generator) < 0.4).float(),
        "sharp": torch.rand(2, truths, size, size, generator=generator),
        "level": torch.tensor([0.5, 0.1]),
    }


def test_an_error_counts_by_the_rate_of_white():
    one = batch()
    assert rate_error(lambda _: one["sharp"] + 0.05, one).item() == pytest.approx(0.5 * (0.1 + 0.5))


def test_every_estimate_of_every_window_counts():
    class Network:
        def reconstruct_with_estimates(self, _):
            return rates, estimates

    one = batch(truths=5)
    rates = one["sharp"][:, 2:3].clone()
    estimates = one["sharp"][:, :, None].repeat(1, 1, 4, 1, 1)
    assert rate_and_estimate_error(Network(), one) == 0
    estimates[:, 1, 3] += 0.05
    assert rate_and_estimate_error(Network(), one).item() == pytest.approx(0.02 * 0.3)
    rates += 0.05
    assert rate_and_estimate_error(Network(), one).item() == pytest.approx(0.3 + 0.02 * 0.3)


def test_every_coarser_picture_counts():
    class Network:
        def reconstruct_with_coarser(self, _):
            return one["sharp"], coarser

    one = batch()
    sharp = one["sharp"]
    coarser = [sharp.unfold(2, s, s).unfold(3, s, s).mean((4, 5)) for s in (2, 4, 8, 16)]
    assert rate_and_coarser_error(Network(), one).item() == pytest.approx(0, abs=1e-6)
    coarser = [picture + 0.05 for picture in coarser]
    assert rate_and_coarser_error(Network(), one).item() == pytest.approx(0.3 * 1.25 / 4)


class Blind:
    """A network whose blind part gives 0.5 everywhere, and the other 0.7."""

    def blind(self, spikes):
        return torch.full_like(spikes[:, :1], 0.5)

    def __call__(self, spikes):
        return torch.full_like(spikes[:, :1], 0.7)


def test_ssml_learns_from_spikes_alone():
    one = batch()
    mean = one["inputs"][:, 1:8].mean(1)
    expected = (mean - 0.5).square().mean() + 0.01 * 0.2**2
    assert blind_mean_error(Blind(), one).item() == pytest.approx(expected.item())
    one["inputs"] = torch.zeros(1, 9, 4, 4)
    one["inputs"][:, [2, 6]] = 1
    expected = (1 / 4 - 0.5) ** 2 + 0.01 * 0.2**2
    assert blind_interval_error(Blind(), one).item() == pytest.approx(expected)


def test_the_truth_of_the_picture_is_the_middle_one():
    one = batch(truths=5)
    assert torch.equal(middle_truth(one), one["sharp"][:, 2:3])

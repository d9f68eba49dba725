import pytest
import torch

from spikecam.train.losses.spike_alignment import alignment_loss, firing_probabilities


def fired(light, frames):
    """Spikes on a grid a quarter as fine as light, repeated."""
    lots = torch.Generator().manual_seed(0)
    coarse = torch.nn.functional.avg_pool2d(light, 4)
    spikes = torch.rand(1, frames, *coarse.shape[2:], generator=lots) < coarse
    return spikes.to(torch.uint8).repeat_interleave(4, 2).repeat_interleave(4, 3)


def test_alignment_is_least_for_the_picture_that_the_spikes_are_of():
    lots = torch.Generator().manual_seed(0)
    light = torch.rand(1, 1, 48, 48, generator=lots)
    light = 0.5 * light + 0.5 * torch.nn.functional.avg_pool2d(light, 9, 1, 4)
    light = (light - light.min()) / (light.max() - light.min())
    spikes = fired(light, 3000)

    def loss(gray):
        return alignment_loss(gray.expand(-1, 3, -1, -1), spikes, lots).item()

    blocks = torch.nn.functional.avg_pool2d(light, 4)
    blocks = blocks.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert loss(light) < 0.002
    # What is finer than the spikes is neither asked for nor held against a picture.
    assert loss(blocks) == pytest.approx(loss(light), abs=5e-4)
    # Brightness and contrast do not count, what is where does.
    assert loss(0.2 + 0.5 * light) == pytest.approx(loss(light), abs=5e-4)
    assert loss(light.flip(3)) > 10 * loss(light)


def test_alignment_pulls_a_picture_to_the_spikes():
    lots = torch.Generator().manual_seed(0)
    light = torch.linspace(0.05, 0.95, 32).expand(1, 1, 32, 32)
    spikes = fired(light, 400)
    picture = torch.full((1, 3, 32, 32), 0.5) + 0.1 * torch.rand(1, 3, 32, 32, generator=lots)
    picture.requires_grad_()
    optimizer = torch.optim.Adam([picture], lr=0.02)
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = alignment_loss(picture, spikes, lots)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_probabilities_are_from_0_to_1_whatever_the_picture():
    lots = torch.Generator().manual_seed(0)
    for gray in (torch.zeros(1, 1, 8, 8), torch.full((1, 1, 8, 8), 7.0), torch.randn(1, 1, 8, 8)):
        found = firing_probabilities(gray, lots, noise=0.2)
        assert found.shape == (1, 1, 2, 2)
        assert found.isfinite().all()
        assert found.min() >= 0
        assert found.max() <= 1

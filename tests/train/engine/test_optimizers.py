import pytest
import torch

from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.optimizers import (
    adam_with_cosine_decay,
    cosine_decay_factor,
    with_milestones,
)


def test_the_rate_falls_once_an_epoch():
    network = torch.nn.Linear(2, 2)
    optimizer, schedule = adam_with_cosine_decay(network, RunConfig(epochs=4, steps=3, lr=0.5))
    rates = []
    for _ in range(12):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == [pytest.approx(0.5 * cosine_decay_factor(step // 3, 4)) for step in range(12)]
    # The same as PyTorch's, stepped at the end of each epoch.
    plain = torch.optim.Adam(network.parameters(), lr=0.5)
    annealing = torch.optim.lr_scheduler.CosineAnnealingLR(plain, 4)
    for epoch in range(4):
        assert plain.param_groups[0]["lr"] == pytest.approx(rates[3 * epoch])
        plain.step()
        annealing.step()


def test_the_rate_falls_at_each_milestone():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    run = RunConfig(epochs=2, steps=4, lr=0.5)
    _, schedule = with_milestones(optimizer, run, shares=(0.25, 0.75), factor=0.1)
    rates = []
    for _ in range(8):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.5, 0.5, 0.05, 0.05, 0.05, 0.05, 0.005, 0.005])

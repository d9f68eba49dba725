import pytest
import torch

from spikecam.train.engine.config import MAX_SEED, RunConfig
from spikecam.train.engine.module import StageModule, seed_of_step
from spikecam.train.engine.stage import Stage


class Linear(Stage):
    name, summary = "linear", "for tests"

    def __init__(self):
        self.network = torch.nn.Linear(2, 2)


@pytest.mark.parametrize("seed", [0, 2**24 - 1, 2**24, 2**31, MAX_SEED])
def test_every_seed_gives_a_generator(seed):
    module = StageModule(Linear(), RunConfig(epochs=1, seed=seed))
    one, other = (torch.rand(4, generator=module.step_generator()) for _ in range(2))
    assert torch.equal(one, other)


def test_seeds_of_steps_differ_by_run_rank_and_step():
    seeds = [0, 1, 2**24 - 1, 2**24, 2**24 + 1, 2**31, 2**48, MAX_SEED]
    made = {
        seed_of_step(seed, rank, step) for seed in seeds for rank in (0, 1) for step in range(50)
    }
    assert len(made) == len(seeds) * 2 * 50
    assert all(0 <= one < 2**64 for one in made)
    # Runs with small seeds repeat what they gave before there were large ones.
    assert seed_of_step(3, 1, 7) == (3 << 40) + (1 << 32) + 7


def test_the_network_alone_lies_in_checkpoints():
    stage = Linear()
    stage.frozen_modules = (torch.nn.Linear(3, 3),)
    module = StageModule(stage, RunConfig(epochs=1))
    assert set(module.state_dict()) == {"network.weight", "network.bias"}
    assert len(list(module.parameters())) == 2

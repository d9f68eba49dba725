import pytest

import spikecam as sc
from spikecam.train.engine.config import RunConfig, RunOptions


def test_an_epoch_shows_each_pair_once():
    run = RunConfig(epochs=2, batch=4, devices=2)
    assert run.with_steps_for(20).steps_per_epoch == 3
    assert RunConfig(epochs=2, steps=7).with_steps_for(20).steps_per_epoch == 7
    with pytest.raises(sc.OptionError, match="with_steps_for"):
        _ = run.steps_per_epoch


def test_devices_may_change_if_a_step_sees_as_many_samples():
    one, other = RunConfig(epochs=2, batch=4), RunConfig(epochs=2, batch=2, devices=2, workers=0)
    assert (
        one.reproducible_settings()
        == other.reproducible_settings()
        != RunConfig(epochs=2, batch=4, devices=2).reproducible_settings()
    )


def test_a_recipe_chooses_what_is_not_set():
    defaults = RunConfig(epochs=3, steps=5, batch=2, lr=0.1)
    assert RunOptions().with_defaults(defaults) == defaults
    options = RunOptions(epochs=7, lr=0.2, workers=0, seed=4)
    expected = RunConfig(epochs=7, steps=5, batch=2, lr=0.2, workers=0, seed=4)
    assert options.with_defaults(defaults) == expected
    with pytest.raises(sc.OptionError, match="batch is at least 1"):
        RunOptions(batch=0)
    with pytest.raises(sc.OptionError, match="learning rate"):
        RunOptions(lr=-1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": 1, "steps": 0},
        {"epochs": 1, "lr": 0.0},
        {"epochs": 1, "workers": -1},
        {"epochs": 1, "precision": "8"},
        {"epochs": 1, "device": "tpu"},
        {"epochs": 1, "device": "cuda:x"},
        {"epochs": 1, "device": "cuda:1", "devices": 2},
        {"epochs": 1, "seed": -1},
        {"epochs": 1, "seed": 2**63},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(sc.OptionError):
        RunConfig(**wrong)

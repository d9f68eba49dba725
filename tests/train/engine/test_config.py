import pytest

import spikecam as sc
from spikecam.train.engine.config import RunConfig


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

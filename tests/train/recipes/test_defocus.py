"""Runs on scenes out of focus, as small as they can be."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.refocuser import RefocuserConfig
from spikecam.train.datasets.configs import DefocusConfig
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.job import RunReport, TrainingJob
from spikecam.train.engine.module import StageModule
from spikecam.train.recipes.defocus import DefocusOptions, DefocusStage, train_defocus

CONFIG = DefocusConfig(crop=64, window=(25, 60))
NONE = ("soft", "chart", "point", "noise", "spurious", "fpn", "drift")
NO_NOISE = dict.fromkeys((f"{name}_prob" for name in NONE), 0.0)
PLAIN = replace(CONFIG, **NO_NOISE, white_rate=(0.5, 0.5), window=(401, 401))
SIZE = RefocuserConfig(
    width=8, middle_width=8, deep_width=8, blocks=1, deep_blocks=1, score_blocks=1
)
RUN = RunConfig(epochs=2, steps=2, batch=2, lr=1e-3, workers=0, device="cpu")


def train(job, run=RUN, samples=CONFIG, network=SIZE):
    return train_defocus(job, DefocusOptions(samples=samples, run=run, network=network))


def test_pairs_and_folders_are_checked_before_work(dpdd, tmp_path):
    def refused(folder, said):
        with pytest.raises(sc.FileError, match=said):
            train(TrainingJob([folder], tmp_path / "run"))

    dpdd(tmp_path / "data" / "dpdd")
    refused(tmp_path / "data", "train_c looks like a part of DPDD, whose pictures are out of focus")
    refused(tmp_path / "data" / "dpdd" / "val_c", "val_c looks like a part of DPDD")
    refused(tmp_path / "data" / "dpdd" / "train_c" / "source", "source looks like a part of DPDD")
    sc.write_picture(tmp_path / "data/dpdd/train_c/source/0.png", np.zeros((90, 112)))
    refused(tmp_path / "data" / "dpdd", "are not of one size of at least 96x96")


def test_a_run_resumes_to_the_same_weights(photos, tmp_path):
    def trained(name, config):
        path = train(TrainingJob([photos], tmp_path / name), config).path
        return sc.load_weights(path, "refocuser")[0].state_dict()

    whole = trained("whole", RUN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StageModule, "on_train_epoch_start", stopped)
        with pytest.raises(KeyboardInterrupt):
            trained("cut", RUN)
    cut = trained("cut", RUN)
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def stopped(module):
    if module.current_epoch == 1:
        raise KeyboardInterrupt


def test_it_learns(dpdd, tmp_path):
    config = replace(RUN, epochs=1, steps=60, batch=4, lr=4e-3)
    scenes = replace(PLAIN, window=(50, 60), focus_prob=0.0)
    job = TrainingJob([dpdd(tmp_path / "dpdd")], tmp_path / "run")
    path = train(job, config, scenes, replace(SIZE, width=16)).path
    scores = dict(sc.load_weights(path)[1].scores)
    assert float(scores["val/psnr"]) > float(scores["val/psnr_tfp"]) + 1


def test_the_loss_is_least_where_the_right_map_is_scored_highest():
    make = torch.Generator().manual_seed(0)
    rates, maps = (
        torch.rand(2, 5, 64, 64, generator=make),
        torch.rand(2, 36, 64, 64, generator=make),
    )
    inputs = {"brightness": torch.full((2,), 0.5), "frames": torch.full((2,), 101.0)}
    inputs |= {"energies": torch.rand(2, 21, 8, 8, generator=make), "level": torch.ones(2)}
    batch = {"rates": rates, "deconvolved": maps, "sharp": maps[:, 9:10], **inputs}
    stage = DefocusStage(SIZE)
    losses = []
    for scored in range(37):
        stage.network.score.bias.data = 5 * torch.eye(37)[scored]
        losses.append(stage.loss(batch, make).item())
    assert np.argmin(losses) == 9


def test_muon_takes_the_convolutions_and_adam_the_rest():
    stage = DefocusStage(SIZE)
    names = {id(values): name for name, values in stage.network.named_parameters()}
    optimizer, _ = stage.optimization(RUN)
    inner, outer = (
        [names[id(values)] for values in group["params"]] for group in optimizer.param_groups
    )
    assert sorted(inner + outer) == sorted(names.values())
    ends = ("map_encoder.", "score.", "predict.")
    assert set(outer) == {name for name in names.values() if name.startswith(ends)} | {
        name for name in names.values() if name.endswith(".bias")
    }


def test_an_epochs_line_tells_measures_alone(photos, tmp_path):
    said = []
    job = TrainingJob([photos], tmp_path / "run", report=RunReport(said.append))
    train(job, replace(RUN, epochs=1))
    (line,) = (one for one in said if one.startswith("epoch"))
    assert re.fullmatch(
        r"epoch 1/1: train/loss \S+, val/psnr \S+, val/psnr_tfp \S+, \d+ s", line
    ), line

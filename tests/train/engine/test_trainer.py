"""Runs of a small BSN: they learn, resume, and stop in one sentence."""

import csv
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import spikecam as sc
from spikecam.io.atomic import atomic_path
from spikecam.networks.configs.bsn import BSNConfig, BSNInputConfig
from spikecam.networks.configs.refiner import RefinerConfig
from spikecam.train.datasets.configs import SceneConfig
from spikecam.train.datasets.pair_crops import PairCrops
from spikecam.train.engine.callbacks import CheckpointCallback
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.csv_logger import last_validation_measures
from spikecam.train.engine.devices import pick_training_device
from spikecam.train.engine.job import RunReport, TrainingJob
from spikecam.train.engine.module import StageModule
from spikecam.train.engine.run_folder import check_run_settings, write_run_settings
from spikecam.train.engine.training import choose_network_input
from spikecam.train.recipes.bsn import BSNOptions, train_bsn
from spikecam.train.recipes.refined import RefinedOptions, train_refined

RUN = RunConfig(epochs=4, steps=5, batch=4, lr=3e-3, device="cpu", workers=0)
NETWORK = BSNConfig(width=8)
OPTIONS = BSNOptions(crop=16, network=NETWORK)


def test_what_another_process_writes_into_the_folder_is_left_alone(tmp_path):
    with atomic_path(tmp_path / "last.ckpt") as temporary:
        temporary.write_bytes(b"half")
        write_run_settings(tmp_path, {}, {})
        check_run_settings(tmp_path, {})
        assert temporary.exists()


def train(data, folder, config=RUN, said=None, **options):
    report = RunReport(say=None if said is None else said.append, command="the command")
    job = TrainingJob([data], folder, report)
    return train_bsn(job, replace(OPTIONS, run=config, **options)).path


def epochs_kept(folder):
    return torch.load(folder / "last.ckpt", weights_only=True)["epoch"] + 1


def equal(one, other):
    one, other = load_file(one), load_file(other)
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.fixture(scope="module")
def straight(tiny_set, tmp_path_factory):
    """A run that nothing disturbed."""
    torch.set_num_threads(1)
    return train(tiny_set, tmp_path_factory.mktemp("straight") / "run")


def test_it_learns_to_denoise_from_noise_alone(tiny_set, tmp_path):
    said = []
    config = replace(RUN, epochs=8, steps=30, lr=5e-3)
    weights = train(tiny_set, tmp_path / "run", config, said)
    with (tmp_path / "run" / "metrics.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["name"] == "val/loss"]
    losses = [float(row["value"]) for row in rows]
    assert len(losses) == 8
    assert losses[-1] < 0.8 * losses[0]
    final = last_validation_measures(tmp_path / "run")
    assert final["val/psnr"] > final["val/psnr_before"] + 4
    assert said[0].startswith(
        "bsn: 31,272 parameters, 10 pairs for training and 2 samples for validation"
    )
    assert [line.split(":")[0] for line in said[1:]] == [f"epoch {n}/8" for n in range(1, 9)]
    network, card = sc.load_weights(weights, "bsn")
    assert network.config == NETWORK
    assert card.recipe == "the command"
    assert dict(card.scores)["val/psnr"] == f"{final['val/psnr']:.5g}"


def test_a_run_leaves_what_tells_of_it(straight):
    folder = straight.parent
    names = {path.name for path in folder.iterdir()}
    expected = {"bsn.safetensors", "config.json", "last.ckpt", "logs", "metrics.csv", "pictures"}
    assert names == expected
    settings = json.loads((folder / "config.json").read_text())["settings"]
    assert settings["run"] == {"epochs": 4, "steps": 5, "lr": 3e-3, "seed": 0, "samples": 4}
    assert list((folder / "logs").glob("events*"))
    shown = sc.read_picture(folder / "pictures" / "epoch_0004.png")
    # Two scenes; noisy, denoised, true.
    assert shown.shape == (32, 48, 3)


KILLED = """
import os, sys, torch
from spikecam.train.datasets.pair_crops import PairCrops
sys.path.insert(0, sys.argv[1])
from test_trainer import train
torch.set_num_threads(1)
whole = PairCrops.__getitem__
def cut_short(self, number):
    if number == 50 and not self.validation:
        os.kill(os.getpid(), 9)
    return whole(self, number)
PairCrops.__getitem__ = cut_short
train(sys.argv[2], sys.argv[3])
"""


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_that_was_killed_ends_at_the_same_weights(tiny_set, straight, tmp_path, workers):
    folder = tmp_path / "run"
    words = [sys.executable, "-c", KILLED, os.path.dirname(__file__), tiny_set, folder]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    # In the third of four epochs, which is begun again.
    assert epochs_kept(folder) == 2
    said = []
    assert equal(train(tiny_set, folder, replace(RUN, workers=workers), said), straight)
    assert "last.ckpt keeps 2 of 4 epochs" in said[1]
    measures = [(path.parent / "metrics.csv").read_text() for path in (straight, folder / "x")]
    assert measures[0] == measures[1]


def test_a_run_that_is_done_can_be_repeated(tiny_set, straight, tmp_path):
    before = load_file(straight)
    straight.unlink()
    assert equal(train(tiny_set, straight.parent), straight)
    assert all(torch.equal(before[k], v) for k, v in load_file(straight).items())


def test_the_average_is_what_a_repeated_run_gives(tiny_set, tmp_path):
    network = RefinerConfig(
        width=8, deep_width=8, picture_blocks=0, deep_blocks=0, blocks=2, flow_warp=False
    )
    job = TrainingJob([tiny_set], tmp_path / "run")
    options = RefinedOptions(scenes=SceneConfig(crop=64), run=RUN, network=network)
    made = train_refined(job, options).path
    first = load_file(made)
    made.unlink()
    train_refined(job, options)
    held = torch.load(made.with_name("last.ckpt"), weights_only=True)
    name = "network.predict.weight"
    assert not torch.equal(held["state_dict"][name], held["current_model_state"][name])
    assert torch.equal(first[name.partition(".")[2]], held["state_dict"][name])
    assert all(torch.equal(first[k], v) for k, v in load_file(made).items())


def test_other_settings_are_refused_but_other_devices_are_not(tiny_set, straight):
    folder = straight.parent
    before = straight.read_bytes()
    for wrong, expected in (
        ({"epochs": 5}, "run epochs 4 and not 5"),
        ({"lr": 1e-3}, "run lr 0.003 and not 0.001"),
        ({"seed": 3}, "run seed 0 and not 3"),
        ({"batch": 2}, "run samples 4 and not 2"),
    ):
        with pytest.raises(sc.OutputError, match=expected):
            train(tiny_set, folder, replace(RUN, **wrong))
    with pytest.raises(sc.OutputError, match="start"):
        train(tiny_set, folder, weights=str(straight))
    assert straight.read_bytes() == before
    train(tiny_set, folder, replace(RUN, workers=1, precision="bf16-mixed"))


def test_folders_of_others_are_left_alone(tiny_set, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(sc.OutputError, match="in use"):
        train(tiny_set, tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(sc.FileError, match="no settings"):
        train(tiny_set, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "mine.txt"]


def test_a_bar_is_for_terminals(tiny_set, tmp_path, capfd):
    job = TrainingJob([tiny_set], tmp_path / "run", report=RunReport(progress_bar=True))
    train_bsn(job, replace(OPTIONS, run=replace(RUN, epochs=1)))
    assert capfd.readouterr().out == ""


def test_a_damaged_checkpoint_is_told(tiny_set, straight, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("config.json", "last.ckpt"):
        content = (straight.parent / name).read_bytes()
        (folder / name).write_bytes(
            content[: len(content) // 2] if name == "last.ckpt" else content
        )
    with pytest.raises(sc.FileError, match=r"last\.ckpt is damaged"):
        train(tiny_set, folder)


def test_a_checkpoint_of_another_network_is_told(tiny_set, straight, tmp_path):
    job = TrainingJob([tiny_set], tmp_path / "run")
    options = replace(OPTIONS, run=RUN, network=BSNConfig(width=9))
    train_bsn(job, options)
    (tmp_path / "run" / "last.ckpt").write_bytes((straight.parent / "last.ckpt").read_bytes())
    with pytest.raises(sc.FileError, match="another network"):
        train_bsn(job, options)


def test_no_number_stops_the_run_at_its_step(tiny_set, tmp_path, monkeypatch):
    whole = StageModule.training_step

    def broken(self, batch, step):
        loss = whole(self, batch, step)
        return loss * float("nan") if self.global_step == 7 else loss

    monkeypatch.setattr(StageModule, "training_step", broken)
    folder = tmp_path / "run"
    with pytest.raises(sc.SpikecamError, match=r"not a number at step 7; .*last\.ckpt keeps"):
        train(tiny_set, folder)
    assert epochs_kept(folder) == 1
    assert not (folder / "bsn.safetensors").exists()


def test_weights_that_are_no_numbers_are_not_kept(tiny_set, tmp_path, monkeypatch):
    whole = CheckpointCallback.on_train_epoch_end

    def spoiled(self, trainer, stage):
        if trainer.current_epoch == 1:
            next(stage.parameters()).data.view(-1)[0] = float("inf")
        whole(self, trainer, stage)

    monkeypatch.setattr(CheckpointCallback, "on_train_epoch_end", spoiled)
    with pytest.raises(sc.SpikecamError, match="weights are not a number at step 10"):
        train(tiny_set, tmp_path / "run")
    assert epochs_kept(tmp_path / "run") == 1


def test_a_full_disk_keeps_the_last_checkpoint(tiny_set, tmp_path, monkeypatch, straight):
    """Files may not grow beyond 50 kB from the second epoch on."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    whole = CheckpointCallback.on_train_epoch_end

    def filled(self, trainer, stage):
        if trainer.current_epoch == 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        whole(self, trainer, stage)

    folder = tmp_path / "run"
    try:
        with monkeypatch.context() as patch:
            patch.setattr(CheckpointCallback, "on_train_epoch_end", filled)
            with pytest.raises(sc.OutputError, match=r"cannot write .*last\.ckpt"):
                train(tiny_set, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert epochs_kept(folder) == 1
    assert not list(folder.glob(".*"))
    assert equal(train(tiny_set, folder), straight)


def test_a_broken_sample_is_one_sentence_from_any_process(tiny_set, tmp_path, monkeypatch):
    def broken(self, number):
        raise sc.FileError("that file is damaged; get it again")

    monkeypatch.setattr(PairCrops, "__getitem__", broken)
    for workers in (0, 1):
        with pytest.raises(sc.FileError) as caught:
            train(tiny_set, tmp_path / f"run{workers}", replace(RUN, workers=workers))
        assert str(caught.value) == "that file is damaged; get it again"


def test_weights_to_begin_with_are_those(tiny_set, straight, tmp_path):
    config = replace(RUN, epochs=1, steps=1, lr=1e-12)
    weights = train(tiny_set, tmp_path / "run", config, weights=str(straight))
    one, other = load_file(weights), load_file(straight)
    assert all(torch.allclose(one[k], other[k], atol=1e-6) for k in one)
    # Their size counts, and another one that was asked for is refused.
    job = TrainingJob([tiny_set], tmp_path / "default")
    options = BSNOptions(crop=16, run=config, weights=str(straight))
    assert sc.load_weights(train_bsn(job, options).path)[0].config == NETWORK
    with pytest.raises(sc.OptionError, match="another size"):
        train_bsn(job, replace(options, network=BSNConfig(width=16)))


def test_devices_that_are_not_there_are_refused():
    if torch.cuda.is_available():
        pytest.skip("there are some")
    assert pick_training_device(RunConfig(epochs=1)).type == "cpu"
    with pytest.raises(sc.OptionError, match="there is no CUDA device"):
        pick_training_device(RunConfig(epochs=1, device="cuda"))
    with pytest.raises(sc.OptionError, match="bf16-mixed"):
        pick_training_device(RunConfig(epochs=1, precision="16-mixed"))


TWO = """
import os, sys, torch
from dataclasses import replace
from spikecam.train.datasets.pair_crops import PairCrops
sys.path.insert(0, os.path.dirname({here!r}))
from test_trainer import RUN, train
torch.set_num_threads(1)
whole = PairCrops.__getitem__
def noted(self, number):
    if not self.validation:
        with open({seen!r} + os.environ["LOCAL_RANK"], "a") as file:
            print(number, file=file)
    return whole(self, number)
PairCrops.__getitem__ = noted
train({data!r}, {folder!r}, replace(RUN, batch=2, devices=2))
"""


def test_two_processes_share_every_step(tiny_set, straight, tmp_path):
    seen, folder, script = tmp_path / "seen", tmp_path / "run", tmp_path / "two.py"
    words = {"here": __file__, "seen": str(seen), "data": str(tiny_set), "folder": str(folder)}
    script.write_text(TWO.format(**words))
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    numbers = [[*map(int, (tmp_path / f"seen{rank}").read_text().split())] for rank in (0, 1)]
    assert sorted(numbers[0] + numbers[1]) == list(range(4 * 5 * 4))
    assert len(numbers[0]) == len(numbers[1])
    one, other = load_file(folder / "bsn.safetensors"), load_file(straight)
    # The mean gradient of two times two samples is that of four, but for rounding, which Adam
    # makes large in single weights whose gradients are next to nothing.
    assert all((one[k] - other[k]).abs().mean() < 1e-4 for k in one)


def test_a_request_to_stop_that_was_swallowed_counts_at_the_next_step(tiny_set, tmp_path):
    steps = []

    def check():
        steps.append(1)
        if len(steps) == 7:
            raise KeyboardInterrupt

    report = RunReport(check_stop=check)
    with pytest.raises(KeyboardInterrupt):
        train_bsn(TrainingJob([tiny_set], tmp_path / "run", report), replace(OPTIONS, run=RUN))
    assert len(steps) == 7
    assert epochs_kept(tmp_path / "run") == 1


def test_weights_carry_the_input_that_they_were_trained_on(tiny_set, tmp_path):
    """The window of the run, and the constants of the weights that a run starts from."""
    options = replace(OPTIONS, window=7, run=replace(RUN, epochs=1, steps=1))
    weights = train_bsn(TrainingJob([tiny_set], tmp_path / "run"), options).path
    assert sc.read_weights_info(weights).input_config == BSNInputConfig(window=7)
    assert choose_network_input(weights, "bsn") == BSNInputConfig(window=7)
    assert choose_network_input(None, "bsn") == BSNInputConfig()

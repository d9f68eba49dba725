from dataclasses import replace

import pytest
import torch

from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint
from spikecam.networks.configs.autoencoder import AutoencoderConfig
from spikecam.train.datasets.pictures import PictureCrops, find_train_val_pictures
from spikecam.train.engine.config import RunConfig
from spikecam.train.engine.csv_logger import last_validation_measures
from spikecam.train.engine.job import RunReport, TrainingJob
from spikecam.train.recipes.autoencoder import (
    AutoencoderOptions,
    AutoencoderStage,
    train_autoencoder,
)

RUN = RunConfig(epochs=2, steps=1, batch=2, lr=1e-3, device="cpu", workers=0)
CODEC = AutoencoderConfig(channels=4, width=8, deep_width=8, blocks=0, deep_blocks=0)


def test_an_autoencoder_learns_what_the_linear_transform_loses(smooth_photos, tmp_path):
    config = replace(RUN, epochs=2, steps=40, lr=3e-3)
    job = TrainingJob([smooth_photos], tmp_path / "run")
    network = AutoencoderConfig(channels=4, width=8, deep_width=16, blocks=1, deep_blocks=0)
    stage = AutoencoderStage(network)
    judged = PictureCrops(
        find_train_val_pictures([smooth_photos], 64)[1], 64, seed=0, length=1, validation=True
    )
    batch = {name: values[None] for name, values in judged[0].items()}
    before = stage.evaluate(batch)[0]["psnr"].item()
    train_autoencoder(job, AutoencoderOptions(crop=64, run=config, network=network))
    assert last_validation_measures(tmp_path / "run")["val/psnr"] > before + 0.5


def test_latents_are_of_the_size_of_one(codec, smooth_photos):
    network, _ = load_autoencoder_and_fingerprint(codec)
    pictures = PictureCrops(find_train_val_pictures([smooth_photos], 64)[0], 64, seed=0, length=8)
    batch = torch.stack([pictures[n]["sharp"] for n in range(8)])
    assert float(network.encode(batch).square().mean()) == pytest.approx(1, abs=0.5)


def test_an_autoencoder_that_was_stopped_ends_the_same(
    smooth_photos, stopped_after_an_epoch, equal, tmp_path
):
    def train(folder, **options):
        job = TrainingJob([smooth_photos], tmp_path / folder, report=RunReport(**options))
        return train_autoencoder(job, AutoencoderOptions(crop=64, run=RUN, network=CODEC)).path

    straight = train("straight")
    with pytest.raises(KeyboardInterrupt):
        train("stopped", check_stop=stopped_after_an_epoch())
    assert equal(train("stopped"), straight)

"""Every test here trains on one thread; pictures and pairs to train on."""

import numpy as np
import pytest

import spikecam as sc


@pytest.fixture(autouse=True)
def _on_one_thread(one_thread):
    pass


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Pictures with edges."""
    folder = tmp_path_factory.mktemp("photos")
    for i in range(4):
        coarse = np.random.default_rng(i).integers(0, 256, (15, 20), np.uint8)
        sc.save(folder / f"{i}.png", np.kron(coarse, np.ones((8, 8), np.uint8)))
    return folder


@pytest.fixture(scope="session")
def smooth_photos(tiny_set):
    """The pictures of which the tiny data set was made."""
    return tiny_set.parent / "photos"


@pytest.fixture
def dpdd():
    """Make a folder like DPDD, with two pairs in each part."""

    def make(folder):
        rng = np.random.default_rng(0)
        for part in ("train", "val"):
            for i in range(2):
                sharp = np.kron(rng.random((14, 14)), np.ones((8, 8)))
                for side, picture in (
                    ("source", sc.defocus_picture(sharp, 3.0)),
                    ("target", sharp),
                ):
                    sc.write_picture(folder / f"{part}_c" / side / f"{i}.png", picture)
        return folder

    return make


@pytest.fixture(scope="session")
def codec(smooth_photos, tmp_path_factory):
    """Weights of a small autoencoder."""
    import torch

    from spikecam.networks.configs.autoencoder import AutoencoderConfig
    from spikecam.train.engine.config import RunConfig
    from spikecam.train.engine.job import TrainingJob
    from spikecam.train.recipes.autoencoder import AutoencoderOptions, train_autoencoder

    torch.set_num_threads(1)
    network = AutoencoderConfig(channels=4, width=8, deep_width=8, blocks=0, deep_blocks=0)
    run = RunConfig(epochs=2, steps=1, batch=2, lr=1e-3, device="cpu", workers=0)
    folder = tmp_path_factory.mktemp("codec") / "run"
    options = AutoencoderOptions(crop=64, run=run, network=network)
    return train_autoencoder(TrainingJob([smooth_photos], folder), options).path


@pytest.fixture(scope="session")
def cache(smooth_photos, codec, tmp_path_factory):
    """A cache of latents of that autoencoder."""
    from spikecam.generation.autoencoders import load_autoencoder_and_fingerprint
    from spikecam.train.datasets.latent_cache import write_latent_cache

    folder = tmp_path_factory.mktemp("latents") / "cache"
    write_latent_cache(
        [smooth_photos],
        folder,
        *load_autoencoder_and_fingerprint(codec),
        crop=64,
        crops_per_picture=2,
    )
    return folder


@pytest.fixture
def stopped_after_an_epoch():
    """A check that interrupts a run as its second epoch of one step begins."""

    def make():
        calls = []

        def check_stop():
            calls.append(1)
            # One step of training and one batch of validation or more come before.
            if len(calls) > 2:
                raise KeyboardInterrupt

        return check_stop

    return make


@pytest.fixture
def equal():
    """Whether two files hold the same weights."""
    import torch
    from safetensors.torch import load_file

    def compare(one, other):
        one, other = load_file(one), load_file(other)
        return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)

    return compare

"""Cards, small weights, a folder of weights that ship, and checkpoints of the authors' kind."""

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import spikecam as sc
from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import BSNConfig


@pytest.fixture
def card():
    scores = (("PSNR", "33.1 dB"), ("SSIM", "0.93"))
    return sc.Card("tiny", "Denoises.", "noise", "train bsn", "0a1b", "MIT", scores, "All else.")


@pytest.fixture
def tiny(tmp_path, card):
    """Weights of a BSN of a few numbers."""
    path = tmp_path / "tiny.safetensors"
    sc.save_weights(path, BSN(BSNConfig(width=2)), card)
    return path


@pytest.fixture
def changed(tiny):
    """Write the tiny weights again, with other metadata or tensors; None takes one away."""

    def change(metadata=None, **tensors):
        with safe_open(tiny, "pt") as file:
            said = {**file.metadata(), **(metadata or {})}
        held = {**load_file(tiny), **{k.replace("__", "."): v for k, v in tensors.items()}}
        save_file(
            {k: v for k, v in held.items() if v is not None},
            tiny,
            {k: v for k, v in said.items() if v is not None},
        )
        return tiny

    return change


@pytest.fixture
def shipped(tiny, tmp_path, monkeypatch):
    """Tiny weights ship under their name."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    tiny.rename(folder / tiny.name)
    monkeypatch.setattr("spikecam.weights.catalogue._SHIPPED", folder)
    return folder

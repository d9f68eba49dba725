"""SpikeGen as small as it can be, with random weights."""

import pytest
import torch

from spikecam.networks.autoencoder import Autoencoder, AutoencoderConfig
from spikecam.networks.spikegen import SpikeGen, SpikeGenConfig
from spikecam.weights.card import Card
from spikecam.weights.store import fingerprint, save_weights

CARD = Card("test", "", "", "", "", "", (), "")


@pytest.fixture(autouse=True)
def _on_one_thread(one_thread):
    pass


@pytest.fixture(scope="session")
def spikegen(tmp_path_factory):
    """Files of weights: of SpikeGen, and of its autoencoder."""
    folder = tmp_path_factory.mktemp("spikegen")
    torch.manual_seed(0)
    codec = Autoencoder(
        AutoencoderConfig(channels=4, width=8, deep_width=8, blocks=1, deep_blocks=0)
    )
    save_weights(folder / "codec.safetensors", codec, CARD)
    network = SpikeGen(
        SpikeGenConfig(
            channels=4,
            width=16,
            depth=1,
            decoder_depth=1,
            heads=2,
            spike_channels=(2, 3, 8),
            head_width=12,
            head_blocks=1,
            frames=16,
            side=6,
            autoencoder=fingerprint(codec),
        )
    )
    # Untrained, it adds nothing to what it sees.
    for values in network.head.parameters():
        torch.nn.init.normal_(values, std=0.2)
    save_weights(folder / "spikegen.safetensors", network, CARD)
    return folder / "spikegen.safetensors", folder / "codec.safetensors"

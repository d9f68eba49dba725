import pytest
import torch

import spikecam as sc
from spikecam.networks.autoencoder import Autoencoder
from spikecam.networks.configs.autoencoder import AutoencoderConfig

SMALL = AutoencoderConfig(channels=6, width=8, deep_width=12, blocks=1, deep_blocks=1)


def test_it_is_small_and_its_latents_are_an_eighth_as_fine():
    network = Autoencoder()
    assert sum(values.numel() for values in network.parameters()) <= 3_000_000
    assert network.encode(torch.rand(2, 3, 40, 24)).shape == (2, 16, 5, 3)
    assert network.decode(torch.rand(2, 16, 5, 3)).shape == (2, 3, 40, 24)


def test_untrained_it_keeps_what_is_even_in_every_block():
    colours = torch.rand(1, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    blocks = colours.repeat_interleave(8, 2).repeat_interleave(8, 3)
    torch.testing.assert_close(Autoencoder()(blocks), blocks)


def test_latents_are_told_by_their_mean_and_deviation():
    network = Autoencoder(SMALL)
    picture = torch.rand(1, 3, 16, 16)
    plain = network.encode(picture)
    network.mean += 1
    network.deviation *= 2
    torch.testing.assert_close(network.encode(picture), (plain - 1) / 2)
    torch.testing.assert_close(network.decode(network.encode(picture)), network(picture))


def test_what_is_out_of_reach_changes_nothing():
    torch.manual_seed(0)
    network = Autoencoder(SMALL)
    for values in network.parameters():
        torch.nn.init.normal_(values, std=0.1)
    side = 2 * -(-network.receptive_radius // 8) * 8 + 16
    picture = torch.rand(1, 3, side, side)
    middle = side // 16
    other = picture.clone()
    other[:, :, : 8 * middle - network.receptive_radius] = 0
    other[:, :, 8 * (middle + 1) + network.receptive_radius :] = 0
    place = slice(middle, middle + 1)
    torch.testing.assert_close(
        network.encode(picture)[:, :, place, place], network.encode(other)[:, :, place, place]
    )


def test_sizes_that_cannot_be():
    with pytest.raises(sc.OptionError, match="channels is at least 1"):
        AutoencoderConfig(channels=0)

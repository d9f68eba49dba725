import math
from dataclasses import replace

import pytest
import torch

import spikecam as sc
from spikecam.networks.spike_encoder import SpikeEncoder
from spikecam.networks.spikegen import SIZES, SpikeGen, SpikeGenConfig

LEAST = SpikeGenConfig(
    channels=4,
    width=16,
    depth=1,
    decoder_depth=1,
    heads=2,
    spike_channels=(2, 3, 8),
    head_width=12,
    head_blocks=1,
)


def count(module):
    return sum(values.numel() for values in module.parameters())


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    made = SpikeGen(LEAST).eval().requires_grad_(False)
    # Untrained, it says zero whatever it sees.
    for values in made.parameters():
        torch.nn.init.normal_(values, std=0.3)
    return made


def seen(mix, batch=1, frames=16):
    lots = torch.Generator().manual_seed(0)
    latents = torch.randn(batch, 4, 2, 3, generator=lots)
    spikes = (torch.rand(batch, frames, 16, 24, generator=lots) < 0.4).float()
    return latents, spikes, torch.full((batch,), float(mix))


def test_the_published_configuration_has_197_9_million_parameters():
    with torch.device("meta"):
        base = SpikeGen(SIZES["base"])
    assert SIZES["base"] == SpikeGenConfig()
    config = base.config
    assert (config.depth, config.decoder_depth, config.width, config.heads) == (12, 12, 768, 12)
    # A block: attention 4 w^2 + 4 w, perceptron 8 w^2 + 5 w, two normalisations 4 w.
    block = 12 * 768**2 + 13 * 768
    assert count(base.encoder) == count(base.decoder) == 12 * block + 2 * 768
    # Three convolutions of 27 taps, attention over time, 9 taps, and normalisations.
    three = 27 * (1 * 128 + 128 * 256 + 256 * 512) + 128 + 256 + 512
    weights = 512 * 128 + 128 + 128 + 1
    norms = 2 * 512
    assert count(base.spike_encoder) == three + weights + 9 * 512**2 + 512 + norms
    assert count(base) == 197_966_129


@pytest.mark.parametrize(("name", "millions"), [("small", 28.0), ("tiny", 8.48)])
def test_smaller_sizes(name, millions):
    with torch.device("meta"):
        assert count(SpikeGen(SIZES[name])) / 1e6 == pytest.approx(millions, abs=0.05)


def test_spikes_become_features_an_eighth_as_fine_and_time_is_gone():
    encoder = SpikeEncoder((4, 6, 8))
    for frames in (8, 24):
        assert encoder(torch.zeros(2, frames, 40, 24)).shape == (2, 8, 5, 3)


def test_the_published_encoder_has_512_features():
    with torch.device("meta"):
        encoder = SpikeEncoder(SIZES["base"].spike_channels)
        assert encoder(torch.zeros(1, 8, 64, 32)).shape == (1, 512, 8, 4)


def test_the_order_of_frames_matters(network):
    _, spikes, _ = seen(1)
    there = network.spike_encoder(spikes)
    back = network.spike_encoder(spikes.flip(1))
    within = network.spike_encoder(spikes[:, torch.randperm(16)])
    assert (there - back).abs().max() > 1e-3
    assert (there - within).abs().max() > 1e-3


def test_without_spikes_in_the_mix_they_change_nothing(network):
    latents, spikes, mix = seen(0)
    alone = network.condition(latents, None, mix)
    assert torch.equal(network.condition(latents, spikes, mix), alone)
    assert torch.equal(network.baseline(latents, mix), latents)


def test_with_spikes_alone_in_the_mix_the_picture_changes_nothing(network):
    latents, spikes, mix = seen(1)
    alone = network.condition(None, spikes, mix)
    assert torch.equal(network.condition(latents, spikes, mix), alone)
    assert not network.baseline(latents, mix).any()


def test_between_both_count(network):
    latents, spikes, mix = seen(0.5)
    both = network.condition(latents, spikes, mix)
    assert both.shape == (1, 2, 3, 16)
    assert not torch.allclose(network.condition(latents + 1, spikes, mix), both)
    assert not torch.allclose(network.condition(latents, 1 - spikes, mix), both)


def test_mixing_is_linear_in_g(network):
    latents, spikes, _ = seen(0)
    mixed = []
    hook = network.encoder.register_forward_pre_hook(lambda _, seen: mixed.append(seen[0]))
    for g in (0.0, 0.25, 1.0):
        network.condition(latents, spikes, torch.tensor([g]))
    hook.remove()
    torch.testing.assert_close(mixed[1], 0.75 * mixed[0] + 0.25 * mixed[2])


def test_coarser_spikes_are_repeated(network):
    latents, spikes, mix = seen(0.5)
    coarse = spikes[:, :, ::4, ::4]
    repeated = coarse.repeat_interleave(4, 2).repeat_interleave(4, 3)
    here = network.condition(latents, coarse, mix)
    assert torch.equal(here, network.condition(latents, repeated, mix))


def test_untrained_it_gives_the_picture_back():
    latents, spikes, mix = seen(0.5)
    network = SpikeGen(LEAST)
    noise = torch.randn(2, 6, 4)
    times = torch.full((2, 6), 1000)
    mean, apart, unlikely, astray = network(latents, spikes, mix, latents, noise, times)
    assert mean.shape == apart.shape == unlikely.shape == (6, 4)
    assert not mean.any()
    # Of the picture itself nothing is added to the picture: nothing is likelier.
    assert not apart.any()
    assert not unlikely.any()
    # From pure noise the velocity is what is around the mean, with a minus: nothing.
    assert astray.shape == (2, 6, 4)
    assert astray.abs().max() < 1e-12


def test_what_is_diffused_is_what_the_mean_leaves(network):
    latents, spikes, mix = seen(0.5)
    sharp = latents + torch.randn(latents.shape, generator=torch.Generator().manual_seed(1))
    noise, times = torch.zeros(1, 6, 4), torch.zeros(1, 6, dtype=torch.long)
    condition = network.condition(latents, spikes, mix).flatten(0, 2)
    mean, apart, unlikely, astray = network(latents, spikes, mix, sharp, noise, times)
    added = 2 * (sharp - latents).movedim(1, -1).flatten(0, 2)
    torch.testing.assert_close(apart, added - mean)
    told, spread = network.around(condition)
    torch.testing.assert_close(mean, told)
    laplace = torch.distributions.Laplace(mean, spread.exp())
    torch.testing.assert_close(unlikely + math.log(2), -laplace.log_prob(added))
    # At time 0 the head sees the rest as it is, and its velocity is the noise: none.
    rest = (added - mean) / spread.exp()
    torch.testing.assert_close(astray[0], network.head(rest, times[0], condition))


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 36},
        {"frames": 12},
        {"spike_channels": (1, 2)},
        {"depth": 0},
        {"side": 0},
        {"base": 1},
    ],
)
def test_sizes_that_cannot_be(wrong):
    with pytest.raises(sc.OptionError):
        replace(LEAST, **wrong)


def test_nothing_to_see(network):
    with pytest.raises(sc.OptionError, match="picture, or spikes, or both"):
        network.condition(None, None, torch.zeros(1))

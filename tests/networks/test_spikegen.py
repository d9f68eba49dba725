import math
from dataclasses import replace

import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.spikegen import SIZES, SpikeGenConfig
from spikecam.networks.detail_encoder import DetailEncoder
from spikecam.networks.spike_encoder import SpikeEncoder
from spikecam.networks.spikegen import SpikeGen, SpikeGenInputs

LEAST = SpikeGenConfig(
    channels=4,
    width=16,
    depth=1,
    decoder_depth=1,
    heads=2,
    spike_channels=(2, 3, 8),
    head_width=12,
    head_blocks=1,
    detail_width=4,
)


def count(module):
    return sum(values.numel() for values in module.parameters())


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    made = SpikeGen(LEAST).eval().requires_grad_(False)
    # Untrained, it says zero whatever it sees.
    for name, values in made.named_parameters():
        if not name.startswith("detail."):
            torch.nn.init.normal_(values, std=0.3)
    return made


def seen(mix, batch=1, frames=16):
    lots = torch.Generator().manual_seed(0)
    latents = torch.randn(batch, 4, 2, 3, generator=lots)
    spikes = (torch.rand(batch, frames, 16, 24, generator=lots) < 0.4).float()
    picture = torch.rand(batch, 3, 16, 24, generator=lots)
    gain = torch.full((batch,), 2.0)
    return SpikeGenInputs(torch.full((batch,), float(mix)), latents, spikes, gain, picture)


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


@pytest.mark.parametrize(("name", "millions"), [("small", 32.12), ("tiny", 10.38)])
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
    spikes = seen(1).spikes
    there = network.spike_encoder(spikes)
    back = network.spike_encoder(spikes.flip(1))
    within = network.spike_encoder(spikes[:, torch.randperm(16)])
    assert (there - back).abs().max() > 1e-3
    assert (there - within).abs().max() > 1e-3


def test_without_spikes_in_the_mix_they_change_nothing(network):
    both = seen(0)
    alone = network.encode_condition(both._replace(spikes=None))
    assert torch.equal(network.encode_condition(both), alone)
    assert torch.equal(network.baseline_latents(both.latents, both.mix), both.latents)


def test_with_spikes_alone_in_the_mix_the_picture_changes_nothing(network):
    both = seen(1)
    here = network.encode_condition(both)
    other = both._replace(latents=both.latents + 1, picture=1 - both.picture)
    assert torch.equal(network.encode_condition(other), here)
    assert not network.baseline_latents(both.latents, both.mix).any()
    lost = torch.ones_like(both.picture)
    assert not network.gated_residual(here, lost, both.mix).any()
    # Without latents and pixels there is no grid to repeat spikes to, and nothing else is missed.
    alone = both._replace(latents=None, picture=None)
    assert network.encode_condition(alone).shape == here.shape


def test_between_both_count(network):
    both = seen(0.5)
    here = network.encode_condition(both)
    assert here.shape == (1, 2, 3, 16)
    for name in ("latents", "spikes", "gain", "picture"):
        other = both._replace(**{name: 1 - getattr(both, name)})
        assert not torch.allclose(network.encode_condition(other), here), name


def test_mixing_is_linear_in_g(network):
    both = seen(0)._replace(picture=None)
    mixed = []
    hook = network.encoder.register_forward_pre_hook(lambda _, seen: mixed.append(seen[0]))
    for g in (0.0, 0.25, 1.0):
        network.encode_condition(both._replace(mix=torch.tensor([g])))
    hook.remove()
    torch.testing.assert_close(mixed[1], 0.75 * mixed[0] + 0.25 * mixed[2])


def test_coarser_spikes_are_repeated(network):
    both = seen(0.5)
    coarse = both.spikes[:, :, ::4, ::4]
    repeated = coarse.repeat_interleave(4, 2).repeat_interleave(4, 3)
    here = network.encode_condition(both._replace(spikes=coarse))
    assert torch.equal(here, network.encode_condition(both._replace(spikes=repeated)))


def test_details_know_when_spikes_came_and_where(network):
    """Every span of two frames, and every pixel, tells its features something of its own."""
    both = seen(0.5, frames=40)
    spikes, gain, mix = 2 * both.spikes, both.gain, both.mix
    spikes.requires_grad_()
    network.detail(both.picture, spikes, gain, mix).square().sum().backward()
    assert spikes.grad.abs().amin() > 0


def test_frames_that_are_missing_are_as_bright_as_the_others():
    encoder = DetailEncoder(4, 16, frames=40)
    both = seen(0.5, frames=24)
    rate = both.spikes.mean(1, keepdim=True).expand(-1, 8, -1, -1)
    whole = torch.cat([rate, both.spikes, rate], dim=1)
    found = [encoder(both.picture, one, both.gain, both.mix) for one in (both.spikes, whole)]
    torch.testing.assert_close(*found)
    assert not torch.allclose(encoder(both.picture, whole.flip(1), both.gain, both.mix), found[0])


def test_with_details_the_spike_encoder_has_the_eight_frames_in_the_middle(network):
    both = seen(0.5, frames=24)._replace(picture=None)
    first = both._replace(spikes=both.spikes.clone())
    first.spikes[:, 0] = 1 - first.spikes[:, 0]
    assert torch.equal(network.encode_condition(first), network.encode_condition(both))
    torch.manual_seed(0)
    published = SpikeGen(replace(LEAST, detail_width=0))
    assert not torch.equal(published.encode_condition(first), published.encode_condition(both))


def test_what_the_autoencoder_loses_is_kept_as_far_as_tokens_say():
    network = SpikeGen(LEAST)
    lost = torch.rand(1, 3, 16, 24)
    for mix, share in ((0.0, 1), (0.5, 1), (0.9, 0.5)):
        found = network.gated_residual(torch.randn(1, 2, 3, 16), lost, torch.tensor([mix]))
        torch.testing.assert_close(found, 0.5 * share * lost)
    assert SpikeGen(replace(LEAST, detail_width=0)).residual_gate is None


def test_untrained_it_gives_the_picture_back():
    both = seen(0.5)
    network = SpikeGen(LEAST)
    noise = torch.randn(2, 6, 4)
    times = torch.full((2, 6), 1000)
    condition = network.encode_condition(both)
    mean, mean_error, nll, velocity_error = network(condition, both, both.latents, noise, times)
    assert mean.shape == mean_error.shape == nll.shape == (6, 4)
    assert not mean.any()
    # Of the picture itself nothing is added to the picture: nothing is likelier.
    assert not mean_error.any()
    assert not nll.any()
    # From pure noise the velocity is what is around the mean, with a minus: nothing.
    assert velocity_error.shape == (2, 6, 4)
    assert velocity_error.abs().max() < 1e-12


def test_what_is_diffused_is_what_the_mean_leaves(network):
    both = seen(0.5)
    sharp = both.latents + torch.randn(
        both.latents.shape, generator=torch.Generator().manual_seed(1)
    )
    noise, times = torch.zeros(1, 6, 4), torch.zeros(1, 6, dtype=torch.long)
    condition = network.encode_condition(both)
    mean, mean_error, nll, velocity_error = network(condition, both, sharp, noise, times)
    added = 2 * (sharp - both.latents).movedim(1, -1).flatten(0, 2)
    torch.testing.assert_close(mean_error, added - mean)
    expected_mean, log_scale = network.predict_gaussian(condition.flatten(0, 2))
    torch.testing.assert_close(mean, expected_mean)
    laplace = torch.distributions.Laplace(mean, log_scale.exp())
    torch.testing.assert_close(nll + math.log(2), -laplace.log_prob(added))
    # At time 0 the head sees the rest as it is, and its velocity is the noise: none.
    rest = (added - mean) / log_scale.exp()
    seen_by_head = network.head(rest, times[0], condition.flatten(0, 2))
    torch.testing.assert_close(velocity_error[0], seen_by_head)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 36},
        {"frames": 12},
        {"spike_channels": (1, 2)},
        {"depth": 0},
        {"training_tokens": 0},
        {"detail_width": -1},
        {"rotary_base": 1},
    ],
)
def test_sizes_that_cannot_be(wrong):
    with pytest.raises(sc.OptionError):
        replace(LEAST, **wrong)


def test_nothing_to_see(network):
    with pytest.raises(sc.OptionError, match="picture, or spikes, or both"):
        network.encode_condition(SpikeGenInputs(torch.zeros(1)))

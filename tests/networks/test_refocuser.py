import math

import pytest
import torch

from spikecam.errors import OptionError
from spikecam.networks.refocuser import SIZES, Refocuser, RefocuserConfig

TINY = RefocuserConfig(
    width=8, middle_width=8, deep_width=8, blocks=1, middle_blocks=1, deep_blocks=1, score_width=4
)


def trained(config=TINY):
    torch.manual_seed(0)
    network = Refocuser(config)
    for last in (network.predict, network.score):
        torch.nn.init.normal_(last.weight, std=0.1)
    return network.eval()


def seen(height=64, width=96, batch=2):
    rates = torch.rand(batch, 29, height, width, generator=torch.Generator().manual_seed(1))
    return rates, torch.tensor([0.3] * batch), torch.tensor([101.0] * batch)


def test_sizes():
    count, small = (
        sum(values.numel() for values in Refocuser(config).parameters())
        for config in (SIZES["base"], SIZES["small"])
    )
    assert count == 3_611_469 < 9.5e6
    assert small == 594_397


def test_untrained_it_gives_a_mix_in_which_the_exact_rate_counts_most():
    rates, *told = seen()
    found, mix, scores = Refocuser(TINY).scored(rates, *told)
    assert scores.shape == (2, 25, 8, 12)
    torch.testing.assert_close(found, mix)
    shares = torch.tensor([1.0] * 24 + [math.e]) / (24 + math.e)
    torch.testing.assert_close(mix, (shares[:, None, None] * rates[:, 4:]).sum(1, keepdim=True))


def test_maps_are_mixed_by_their_scores():
    """Where a map alone is scored high, the mix is that map, pixel by pixel."""
    network = Refocuser(TINY)
    rates, *told = seen()
    for chosen in (0, 7, 24):
        network.score.bias.data[:] = 0
        network.score.bias.data[chosen] = 100
        torch.testing.assert_close(network(rates, *told), rates[:, [4 + chosen]])


def test_every_map_is_looked_at_in_the_same_way():
    """Scores come from what is mixed alone, and maps change places with what is made of them."""
    network = trained()
    for layer in (network.seen, network.middle_down):
        for values in layer.parameters():
            torch.nn.init.zeros_(values)
    rates, *told = seen()

    def scores(rates):
        with torch.no_grad():
            return network.scored(rates, *told)[2]

    first = scores(rates)
    spans, other = rates.clone(), rates.clone()
    spans[:, :4] = 0
    assert torch.equal(scores(spans), first)
    other[:, 4 + 7] = 0
    assert not torch.allclose(scores(other), first)
    swapped = rates.clone()
    swapped[:, [4 + 3, 4 + 7]] = rates[:, [4 + 7, 4 + 3]]
    joined = network.join.weight.data
    width = TINY.score_width
    three, seven = slice(3 * width, 4 * width), slice(7 * width, 8 * width)
    joined[:, three], joined[:, seven] = joined[:, seven].clone(), joined[:, three].clone()
    torch.testing.assert_close(scores(swapped), first)


def test_light_does_not_matter():
    """In half of the light it sees the same, and is told so; what it adds is half."""
    network = trained()
    rates, brightness, frames = seen()
    network.seen.weight.data[:, -2:] = 0
    with torch.no_grad():
        one = network(rates, brightness, frames)
        other = network(rates / 2, brightness / 2, frames)
    torch.testing.assert_close(other, one / 2, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("turns", range(4))
def test_nothing_beyond_its_reach_matters(turns):
    network = trained()
    rates, *told = seen(64, 256, batch=1)
    assert network.reach < 128
    changed = rates.clone()
    changed[..., network.reach + 8 :] = 0
    with torch.no_grad():
        one, other = (
            network(rates.rot90(turns, (2, 3)).contiguous(), *told).rot90(-turns, (2, 3))
            for rates in (rates, changed)
        )
    torch.testing.assert_close(one[..., :8], other[..., :8])
    assert not torch.allclose(one[..., network.reach :], other[..., network.reach :])


@pytest.mark.parametrize("sizes", [{"width": 0}, {"deep_blocks": -1}])
def test_networks_that_cannot_be_are_refused(sizes):
    with pytest.raises(OptionError):
        RefocuserConfig(**sizes)

import math

import pytest
import torch

from spikecam.errors import OptionError
from spikecam.networks.configs.refocuser import SIZES, RefocuserConfig
from spikecam.networks.refocuser import Refocuser

TINY = RefocuserConfig(
    width=8,
    middle_width=8,
    deep_width=8,
    blocks=1,
    middle_blocks=1,
    deep_blocks=1,
    score_blocks=3,
    score_width=4,
)


def trained(config=TINY):
    """A network of random weights, also where they are none at first."""
    torch.manual_seed(0)
    network = Refocuser(config)
    for name, values in network.named_parameters():
        if name.startswith(("predict.", "score.")) or name.endswith("second.weight"):
            torch.nn.init.normal_(values, std=0.1)
    return network.eval()


def seen(height=64, width=96, batch=2):
    """Rates, deconvolutions, energies, brightness and frames."""
    make = torch.Generator().manual_seed(1)
    rates, maps = (torch.rand(batch, n, height, width, generator=make) for n in (5, 36))
    energies = torch.rand(batch, 21, height // 8, width // 8, generator=make)
    return rates, maps, energies, torch.tensor([0.3] * batch), torch.tensor([101.0] * batch)


def test_sizes():
    count, small = (
        sum(values.numel() for values in Refocuser(config).parameters())
        for config in (SIZES["base"], SIZES["small"])
    )
    assert count == 3_830_505 < 9.5e6
    assert small == 707_881


def test_untrained_it_gives_a_mix_in_which_the_exact_rate_counts_most():
    rates, maps, *scalars = seen()
    found, mix, scores = Refocuser(TINY).forward_with_mix_and_scores(rates, maps, *scalars)
    assert scores.shape == (2, 37, 8, 12)
    torch.testing.assert_close(found, mix)
    expected = (maps.sum(1, keepdim=True) + math.e * rates[:, 4:]) / (36 + math.e)
    torch.testing.assert_close(mix, expected)


def test_maps_are_mixed_by_their_scores():
    """Where a map alone is scored high, the mix is that map, pixel by pixel."""
    network = Refocuser(TINY)
    rates, maps, *scalars = seen()
    for chosen in (0, 7, 35, 36):
        network.score.bias.data[:] = 0
        network.score.bias.data[chosen] = 100
        expected = maps[:, [chosen]] if chosen < 36 else rates[:, 4:]
        torch.testing.assert_close(network(rates, maps, *scalars), expected)


@pytest.mark.parametrize(
    ("disc", "smaller", "larger"), [(None, None, 0), (0, None, 1), (5, 4, 6), (11, 10, 11)]
)
def test_the_second_step_sees_what_is_right(disc, smaller, larger):
    """The likely disc's deconvolutions of all strengths, and its neighbours'; None is no disc."""
    network = Refocuser(TINY)
    rates, maps, *scalars = seen()
    network.score.bias.data[:] = 0
    network.score.bias.data[-1 if disc is None else 3 * disc] = 100
    given = []
    network.stem.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    network(rates, maps, *scalars)

    def held(which, strength):
        return rates[:, 4] if which is None else maps[:, 3 * which + strength]

    expected = [rates[:, 4], held(disc, 0), *(held(disc, n) for n in range(3))]
    expected += [held(smaller, 1), held(larger, 1)]
    unfolded, shares = given[0][:, :44], given[0][:, 44:57]
    found = torch.nn.functional.pixel_shuffle(unfolded, 2)[:, 4:]
    gain = 0.4 / 0.3
    torch.testing.assert_close(found, 4 * (torch.stack(expected, dim=1) * gain - 0.4))
    assert (shares.argmax(1) == (0 if disc is None else 1 + disc)).all()
    torch.testing.assert_close(shares.sum(1), torch.ones(2, 32, 48))


def test_every_map_is_looked_at_in_the_same_way():
    """Scores come from energies and what is mixed, and maps change places with what they bring."""
    network = trained()
    torch.nn.init.zeros_(network.energy_head.weight)
    rates, maps, *scalars = seen()

    def scores(rates, maps):
        with torch.no_grad():
            return network.forward_with_mix_and_scores(rates, maps, *scalars)[2]

    first = scores(rates, maps)
    spans = rates.clone()
    spans[:, :4] = 0
    assert torch.equal(scores(spans, maps), first)
    swapped = maps.clone()
    swapped[:, [3, 7]] = maps[:, [7, 3]]
    assert not torch.allclose(scores(rates, swapped), first)
    joined = network.map_projection.weight.data
    width = TINY.score_width
    three, seven = slice(3 * width, 4 * width), slice(7 * width, 8 * width)
    joined[:, three], joined[:, seven] = joined[:, seven].clone(), joined[:, three].clone()
    torch.testing.assert_close(scores(rates, swapped), first)


def test_energies_change_the_scores():
    network = trained()
    rates, maps, energies, *scalars = seen()
    louder = energies.clone()
    louder[:, 7] *= 9
    with torch.no_grad():
        one, other = (
            network.forward_with_mix_and_scores(rates, maps, e, *scalars)[2]
            for e in (energies, louder)
        )
    assert not torch.allclose(one, other)


def test_light_does_not_matter():
    """In half of the light the same is seen but for the level; what the network adds is half."""
    network = trained()
    rates, maps, energies, brightness, frames = seen()
    for layer in (network.energy_head, network.stem):
        layer.weight.data[:, -2:] = 0
    with torch.no_grad():
        one = network(rates, maps, energies, brightness, frames)
        other = network(rates / 2, maps / 2, energies / 4, brightness / 2, frames)
    torch.testing.assert_close(other, one / 2, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("turns", range(4))
def test_nothing_beyond_its_reach_matters(turns):
    """And what lies just within it does."""
    network = trained().double()
    for name, values in network.named_parameters():
        # Nothing is cut off on its way, and nothing cancels.
        if not name.startswith("score."):
            values.data.abs_()
    # Nor is any map scored so high that no other matters.
    network.score.weight.data *= 1e-6
    rates, maps, energies, *scalars = (one.double() for one in seen(64, 512, batch=1))
    given = [
        one.rot90(turns, (2, 3)).contiguous().requires_grad_() for one in (rates, maps, energies)
    ]
    assert network.receptive_radius < 256
    found = network(*given, *scalars).rot90(-turns, (2, 3))
    # The first columns of the picture, whose cells begin at its border.
    found[..., :8].sum().backward()
    farthest = 0
    for one, scale in zip(given, (1, 1, 8), strict=True):
        columns = one.grad.rot90(-turns, (2, 3)).abs().sum((0, 1, 2)).nonzero()
        farthest = max(farthest, scale * (int(columns.max()) + 1) - 8)
    assert network.receptive_radius - 48 < farthest <= network.receptive_radius


@pytest.mark.parametrize("sizes", [{"width": 0}, {"deep_blocks": -1}, {"score_blocks": -1}])
def test_networks_that_cannot_be_are_refused(sizes):
    with pytest.raises(OptionError):
        RefocuserConfig(**sizes)

import pytest
import torch

from spikecam.errors import OptionError
from spikecam.networks.refocuser import SIZES, Refocuser, RefocuserConfig

TINY = RefocuserConfig(
    width=8, middle_width=8, deep_width=8, blocks=1, middle_blocks=1, deep_blocks=1
)


def trained(config=TINY):
    torch.manual_seed(0)
    network = Refocuser(config)
    torch.nn.init.normal_(network.predict.weight, std=0.1)
    return network.eval()


def seen(height=64, width=96, batch=2):
    rates = torch.rand(batch, 29, height, width, generator=torch.Generator().manual_seed(1))
    return rates, torch.tensor([0.3] * batch), torch.tensor([101.0] * batch)


def test_sizes():
    count, small = (
        sum(values.numel() for values in Refocuser(config).parameters())
        for config in (SIZES["base"], SIZES["small"])
    )
    assert count == 3_580_576 < 9.5e6
    assert small == 585_440


def test_untrained_it_gives_the_exact_rate():
    rates, *told = seen()
    assert torch.equal(Refocuser(TINY)(rates, *told), rates[:, -1:])


def test_light_does_not_matter():
    """In half of the light it sees the same, and is told so; what it adds is half."""
    network = trained()
    rates, brightness, frames = seen()
    network.seen.weight.data[:, -2:] = 0
    with torch.no_grad():
        one = network(rates, brightness, frames)
        other = network(rates / 2, brightness / 2, frames)
    torch.testing.assert_close(other, one / 2, rtol=1e-4, atol=1e-5)


def test_nothing_beyond_its_reach_matters():
    network = trained()
    rates, *told = seen(64, 256, batch=1)
    assert network.reach < 128
    changed = rates.clone()
    changed[..., network.reach + 8 :] = 0
    with torch.no_grad():
        one, other = network(rates, *told), network(changed, *told)
    torch.testing.assert_close(one[..., :8], other[..., :8])
    assert not torch.allclose(one[..., network.reach :], other[..., network.reach :])


@pytest.mark.parametrize("sizes", [{"width": 0}, {"deep_blocks": -1}])
def test_networks_that_cannot_be_are_refused(sizes):
    with pytest.raises(OptionError):
        RefocuserConfig(**sizes)

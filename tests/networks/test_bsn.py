import pytest
import torch

from spikecam.networks.bsn import BSN
from spikecam.networks.configs.bsn import BSNConfig


def own_gradients(network, size):
    """How much each of a column and a row of pixels sees of itself, and of anything."""
    height, width = size
    rates = torch.rand(1, 1, *size, dtype=torch.double, requires_grad=True)
    clean = network(rates)
    own = anything = 0.0
    for y, x in [(y, 3) for y in range(height)] + [(5, x) for x in range(width)]:
        (gradient,) = torch.autograd.grad(clean[0, 0, y, x], rates, retain_graph=True)
        own += float(gradient[0, 0, y, x].abs())
        anything += float(gradient.abs().sum())
    return own, anything


@pytest.mark.parametrize(
    ("size", "reflect_to_square"),
    [((20, 20), True), ((20, 20), False), ((18, 25), False), ((23, 17), False)],
)
def test_no_pixel_sees_itself(size, reflect_to_square):
    torch.manual_seed(0)
    own, anything = own_gradients(
        BSN(BSNConfig(width=8, reflect_to_square=reflect_to_square)).double(), size
    )
    assert own == 0
    assert anything > 0


def test_a_mirrored_pixel_has_a_twin():
    torch.manual_seed(0)
    assert own_gradients(BSN(BSNConfig(width=8)).double(), (18, 25))[0] > 0


def test_squares_need_no_mirror():
    rates = torch.rand(2, 1, 21, 21)
    one, other = BSN(), BSN(BSNConfig(reflect_to_square=False))
    other.load_state_dict(one.state_dict())
    with torch.no_grad():
        assert torch.equal(one(rates), other(rates))


def test_any_size_keeps_its_size():
    network = BSN()
    for size in ((9, 9), (31, 40), (40, 57)):
        with torch.no_grad():
            assert network(torch.rand(2, 1, *size)).shape == (2, 1, *size)

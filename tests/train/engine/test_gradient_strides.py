import pytest
import torch
from torch import nn

from spikecam.train.engine.gradient_strides import use_gradient_strides


@pytest.mark.parametrize("groups", [1, 4])
def test_weights_have_the_strides_of_their_gradients(groups):
    layers = [nn.Conv2d(4, 8, 1, groups=groups), nn.Conv2d(8, 8, 3, groups=2 * groups)]
    network = nn.Sequential(*layers).to(memory_format=torch.channels_last)
    before = [weights.detach().clone() for weights in network.parameters()]
    picture = torch.rand(2, 4, 9, 7).contiguous(memory_format=torch.channels_last)
    expected = network(picture)
    use_gradient_strides(network)
    output = network(picture)
    output.square().mean().backward()
    assert torch.allclose(output, expected)
    for weights, old in zip(network.parameters(), before, strict=True):
        assert torch.equal(weights, old)
        assert weights.stride() == weights.grad.stride()

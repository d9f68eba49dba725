import pytest
import torch
from torch import nn

from spikecam.train.engine.gradient_strides import match_gradient_strides


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("groups", [1, 4])
def test_gradients_have_the_strides_of_their_weights(groups, precision):
    layers = [nn.Conv2d(4, 8, 1, groups=groups), nn.Conv2d(8, 8, 3, groups=2 * groups)]
    network = nn.Sequential(*layers).to(memory_format=torch.channels_last)
    picture = torch.rand(2, 4, 9, 7).contiguous(memory_format=torch.channels_last)

    def gradients():
        network.zero_grad()
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            network(picture).square().mean().backward()
        return [weights.grad for weights in network.parameters()]

    expected = gradients()
    match_gradient_strides(network)
    for weights, gradient, old in zip(network.parameters(), gradients(), expected, strict=True):
        assert torch.equal(gradient, old)
        assert weights.stride() == gradient.stride()

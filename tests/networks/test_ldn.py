import pytest
import torch

from spikecam.networks.configs.ldn import LDNConfig
from spikecam.networks.ldn import LDN


@pytest.mark.parametrize("size", [(32, 48), (30, 45), (29, 48)])
def test_any_picture_keeps_its_size(size):
    height, width = size
    network = LDN(LDNConfig(window=5, width=16))
    spikes = torch.rand(2, 5, -(-height // 4), -(-width // 4))
    with torch.no_grad():
        assert network(torch.rand(2, 3, *size), spikes).shape == (2, 3, *size)


def test_the_faster_way_gives_the_same():
    torch.manual_seed(0)
    network = LDN(LDNConfig(window=5)).double().requires_grad_(False)
    blur, spikes = torch.rand(2, 3, 32, 48).double(), torch.rand(2, 5, 8, 12).double()
    plain = network(blur, spikes)
    assert plain.std() > 0.01
    assert torch.allclose(network.refine(network.encode(blur), spikes), plain, rtol=1e-9)

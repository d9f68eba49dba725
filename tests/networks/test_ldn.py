import pytest
import torch

from spikecam.networks.ldn import LDN, LDNConfig


@pytest.mark.parametrize("size", [(32, 48), (30, 45), (29, 48)])
def test_any_picture_keeps_its_size(size):
    height, width = size
    network = LDN(LDNConfig(window=5, width=16))
    spikes = torch.rand(2, 5, -(-height // 4), -(-width // 4))
    with torch.no_grad():
        assert network(torch.rand(2, 3, *size), spikes).shape == (2, 3, *size)

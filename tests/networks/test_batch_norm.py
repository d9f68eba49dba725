import torch
from torch import nn

from spikecam.networks.batch_norm import BatchNorm


def test_it_is_that_of_pytorch():
    torch.manual_seed(0)
    ours, theirs = BatchNorm(3), nn.BatchNorm2d(3)
    for _ in range(3):
        features = 2 + 3 * torch.randn(4, 3, 5, 6)
        assert torch.equal(ours(features), theirs(features))
    ours.eval(), theirs.eval()
    assert torch.equal(ours(features), theirs(features))
    held = theirs.state_dict()
    del held["num_batches_tracked"]
    assert ours.state_dict().keys() == held.keys()

import numpy as np
import pytest
import torch

from spikecam.networks.padding import mirror_to_multiple


@pytest.mark.parametrize("size", [(8, 4), (6, 5), (1, 3)])
def test_it_mirrors_as_numpy(size):
    pictures = torch.rand(2, 3, *size)
    down, across = (-side % 4 for side in size)
    expected = np.pad(pictures.numpy(), ((0, 0), (0, 0), (0, down), (0, across)), "symmetric")
    np.testing.assert_array_equal(mirror_to_multiple(pictures, 4).numpy(), expected)

import numpy as np
import pytest
import torch

from spikecam.networks.padding import mirror_to_multiple, reflect_to_multiple


@pytest.mark.parametrize("size", [(8, 4), (6, 5), (1, 3)])
def test_it_mirrors_as_numpy(size):
    pictures = torch.rand(2, 3, *size)
    down, across = (-side % 4 for side in size)
    expected = np.pad(pictures.numpy(), ((0, 0), (0, 0), (0, down), (0, across)), "symmetric")
    np.testing.assert_array_equal(mirror_to_multiple(pictures, 4).numpy(), expected)


def padded(values, multiple, minimum=0):
    line = torch.tensor([values], dtype=torch.float32)[None, None]
    across = reflect_to_multiple(line.expand(1, 1, multiple, -1), multiple, minimum)
    down = reflect_to_multiple(line.mT.expand(1, 1, -1, multiple), multiple, minimum)
    assert torch.equal(across, down.mT)
    return across[0, 0, 0].int().tolist()


def test_sides_are_reflected_to_multiples():
    assert padded([1, 2, 3, 4, 5, 6], 4) == [1, 2, 3, 4, 5, 6, 5, 4]
    assert padded([1, 2, 3, 4], 4) == [1, 2, 3, 4]
    assert padded([1, 2, 3], 8) == [1, 2, 3, 2, 1, 2, 3, 2]
    assert padded([7], 4) == [7, 7, 7, 7]
    assert padded([1, 2, 3, 4], 4, 8) == [1, 2, 3, 4, 3, 2, 1, 2]

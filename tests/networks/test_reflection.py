import pytest
import torch
from torch.nn import functional

from spikecam.networks.reflection import reflect, square_margins


def test_it_is_that_of_torch_where_torch_has_one():
    picture = torch.rand(2, 3, 5, 7)
    expected = functional.pad(picture, (6, 1, 0, 4), mode="reflect")
    assert torch.equal(reflect(picture, 6, 1, 0, 4), expected)


def test_wide_margins_are_mirrored_again():
    picture = torch.tensor([1.0, 2, 3])[None, None, None]
    assert reflect(picture, 5, 0, 0, 0).flatten().tolist() == [2, 1, 2, 3, 2, 1, 2, 3]
    assert reflect(picture, 0, 0, 1, 2)[0, 0, :, 0].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("size", [(4, 9), (9, 4), (5, 5)])
def test_margins_make_a_square(size):
    left, right, top, bottom = square_margins(*size)
    assert left + size[1] + right == top + size[0] + bottom == max(size)
    assert 0 <= right - left <= 1
    assert 0 <= bottom - top <= 1

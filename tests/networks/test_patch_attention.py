import pytest
import torch

from spikecam.networks.patch_attention import PatchAttention


@pytest.mark.parametrize("size", [(6, 9), (7, 5), (1, 2)])
def test_every_pixel_asks_the_neighbourhood_of_its_patch(size):
    torch.manual_seed(0)
    layer = PatchAttention(4).double().requires_grad_(False)
    layer.gamma.fill_(0.7)
    reference, features = torch.randn(2, 1, 4, *size, dtype=torch.float64)
    query, key, value = layer.query(reference), layer.key(features), layer.value(features)
    expected = features.clone()
    for row in range(size[0]):
        for column in range(size[1]):
            # Places beyond the picture count as zeros with a logit of -99: next to nothing.
            top, left = row // 3 * 3 - 3, column // 3 * 3 - 3
            rows, columns = slice(max(top, 0), top + 9), slice(max(left, 0), left + 9)
            keys, values = (plane[0, :, rows, columns].flatten(1) for plane in (key, value))
            weights = torch.softmax(query[0, :, row, column] @ keys / 2, dim=0)
            expected[0, :, row, column] += 0.7 * values @ weights
    torch.testing.assert_close(layer(reference, features), expected)


def test_it_changes_nothing_before_it_is_trained():
    reference, features = torch.rand(2, 2, 4, 5, 7)
    assert torch.equal(PatchAttention(4)(reference, features), features)

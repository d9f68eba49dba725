import math

import pytest
import torch
from torch.nn import functional

from spikecam.networks.deformable import DeformableConv, deformable_conv


@pytest.fixture
def operands():
    """Features of two groups of channels, offsets, masks, weight and bias, in double precision."""
    torch.manual_seed(0)
    return (
        torch.rand(2, 4, 5, 6, dtype=torch.float64),
        3 * torch.randn(2, 36, 5, 6, dtype=torch.float64),
        torch.rand(2, 18, 5, 6, dtype=torch.float64),
        torch.randn(3, 4, 3, 3, dtype=torch.float64),
        torch.randn(3, dtype=torch.float64),
    )


def bilinear(plane, y, x):
    """Sample a plane between its pixels, with zeros outside."""
    value = 0.0
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
                value += (1 - abs(y - row)) * (1 - abs(x - column)) * float(plane[row, column])
    return value


def test_it_is_the_sum_over_displaced_samples(operands):
    features, offsets, masks, weight, bias = operands
    convolved = deformable_conv(*operands)
    for at in [(0, 0, 0, 0), (1, 2, 4, 5), (0, 1, 2, 3), (1, 0, 0, 5)]:
        image, channel, row, column = at
        expected = float(bias[channel])
        for source in range(4):
            group = source // 2
            for tap in range(9):
                plane = group * 9 + tap
                down, across = offsets[image, 2 * plane : 2 * plane + 2, row, column].tolist()
                sample = bilinear(
                    features[image, source],
                    row + tap // 3 - 1 + down,
                    column + tap % 3 - 1 + across,
                )
                mask = float(masks[image, plane, row, column])
                expected += float(weight[channel, source, tap // 3, tap % 3]) * mask * sample
        assert float(convolved[at]) == pytest.approx(expected, abs=1e-9)


def test_without_offsets_it_is_an_ordinary_convolution(operands):
    features, offsets, masks, weight, bias = operands
    given = deformable_conv(
        features, torch.zeros_like(offsets), torch.ones_like(masks), weight, bias
    )
    torch.testing.assert_close(given, functional.conv2d(features, weight, bias, padding=1))


def test_masks_are_given_as_logits_behind_the_offsets(operands):
    features, offsets, masks, _, _ = operands
    layer = DeformableConv(4, 3).double().requires_grad_(False)
    given = layer(features, torch.cat([offsets, torch.logit(masks)], dim=1))
    expected = deformable_conv(features, offsets, masks, layer.weight, layer.bias)
    torch.testing.assert_close(given, expected)


def test_layout_and_precision_of_features_do_not_matter():
    torch.manual_seed(0)
    layer = DeformableConv(4, 3).requires_grad_(False)
    features = torch.rand(1, 4, 5, 300)
    planes = torch.randn(1, 54, 5, 300)
    given = layer(features, planes)
    last = torch.channels_last
    turned = layer(features.to(memory_format=last), planes.to(memory_format=last))
    torch.testing.assert_close(turned, given)
    # Places on the right would be whole numbers in bfloat16.
    short = layer.to(torch.bfloat16)(features.bfloat16(), planes.bfloat16())
    assert short.dtype == torch.bfloat16
    assert (short.float() - given).abs().max() < 0.03

"""Modulated deformable convolution (Zhu et al. 2019), in plain PyTorch.

    y(p) = bias + sum_k weight_k mask_k(p) x(p + p_k + offset_k(p))

Each tap k of the kernel samples the features x at a place of its own, p + p_k + offset_k(p), by
bilinear interpolation with zeros outside, and weighs the sample by a mask. Channels are split into
groups that share offsets and masks.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

# Taps of a 3x3 kernel, and the planes of a group: two offsets and a mask for each.
_TAPS = 9
GROUP_PLANES = 3 * _TAPS


class DeformableConv(nn.Module):
    """Modulated deformable 3x3 convolution whose offsets and masks are given.

    ``forward`` takes features (B, C, H, W) and planes (B, 27 G, H, W) for G groups of channels: the
    first two thirds are offsets in pixels, vertical and horizontal of each tap, tap after tap in
    rows, group after group; the last third are logits of the masks, in the same order. It gives
    features (B, C', H, W).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(_TAPS * in_channels)  # that of ordinary convolutions
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.empty(out_channels))
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, features: Tensor, planes: Tensor) -> Tensor:
        """Convolve features at displaced places."""
        offsets, mask_logits = planes.split_with_sizes(
            (planes.shape[1] // 3 * 2, planes.shape[1] // 3), dim=1
        )
        return deformable_conv(
            features, offsets, torch.sigmoid(mask_logits), self.weight, self.bias
        )


def deformable_conv(
    features: Tensor, offsets: Tensor, masks: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    """Convolve features (B, C, H, W) with a 3x3 kernel at displaced places.

    One tap after the other, so that memory is needed for one sample of each pixel alone.

    Args:
        features: (B, C, H, W).
        offsets: (B, 18 G, H, W), vertical and horizontal of each tap in pixels.
        masks: (B, 9 G, H, W), the weight of each tap.
        weight: (C', C, 3, 3).
        bias: (C',).
    """
    batch, channels, height, width = features.shape
    groups = masks.shape[1] // _TAPS
    # Places need more digits than features.
    precise = torch.promote_types(offsets.dtype, torch.float32)
    grouped = features.to(precise).reshape(batch * groups, channels // groups, height, width)
    offsets = offsets.to(precise).reshape(batch * groups, _TAPS, 2, height, width)
    masks = masks.reshape(batch * groups, _TAPS, 1, height, width)
    rows = torch.arange(height, dtype=precise, device=offsets.device)[:, None]
    columns = torch.arange(width, dtype=precise, device=offsets.device)
    convolved = bias[:, None, None]
    for tap in range(_TAPS):
        row, column = divmod(tap, 3)
        y = rows + (row - 1) + offsets[:, tap, 0]
        x = columns + (column - 1) + offsets[:, tap, 1]
        # Edges of the picture, not centres of its pixels, are at -1 and 1.
        grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=3)
        samples = functional.grid_sample(grouped, grid, padding_mode="zeros", align_corners=False)
        samples = (samples * masks[:, tap]).reshape(batch, channels, height, width)
        convolved = convolved + functional.conv2d(
            samples.to(features.dtype), weight[:, :, row, column, None, None]
        )
    return convolved

"""Modulated deformable convolution (Zhu et al. 2019), in plain PyTorch.

    y(p) = bias + sum_k weight_k mask_k(p) x(p + p_k + offset_k(p))

Each tap k of the kernel samples the features x at a place of its own, p + p_k + offset_k(p), by
bilinear interpolation with zeros outside, and weighs the sample by a mask. Channels are split into
groups that share offsets and masks.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

# Taps of a 3x3 kernel, and the planes of a group: two offsets and a mask for each.
_TAPS = 9
GROUP_PLANES = 3 * _TAPS
# Displacements that receptive fields reckon with, in pixels of the features. Nothing bounds them,
# but longer ones are rare: the frames that are aligned are few.
MAX_OFFSET_PIXELS = 8
# Samples of a strip of rows; they take 4 MB.
_STRIP_VALUES = 1 << 20


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

    A strip of rows after the other, since all taps of a pixel are sampled before they are weighed.

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
    masks = masks.reshape(batch * groups, 1, _TAPS, height, width)
    kernel = weight.flatten(1)
    strips = []
    strip_rows = max(1, _STRIP_VALUES // (batch * channels * _TAPS * width))
    for top in range(0, height, strip_rows):
        strip = slice(top, min(top + strip_rows, height))
        grid = _sampling_grid(offsets[:, :, :, strip], top, height).flatten(1, 2)
        samples = functional.grid_sample(grouped, grid, padding_mode="zeros", align_corners=False)
        samples = torch.unflatten(samples, 2, (_TAPS, -1)) * masks[:, :, :, strip]
        taps = samples.to(features.dtype).reshape(batch, channels * _TAPS, -1)
        strips.append(torch.unflatten(kernel @ taps, 2, (-1, width)) + bias[:, None, None])
    return torch.cat(strips, dim=2)


def _sampling_grid(offsets: Tensor, top: int, height: int) -> Tensor:
    """Places (N, 9, h, W, 2) of all taps in a strip of rows, x before y, as `grid_sample` has them.

    ``offsets`` are those of the strip (N, 9, 2, h, W), which begins at the row ``top`` of a
    picture of ``height`` rows. Edges of the picture, not centres of its pixels, are at -1 and 1.
    """
    rows, width = offsets.shape[3:]
    arange = partial(torch.arange, dtype=offsets.dtype, device=offsets.device)
    tap = arange(3) - 1
    y = (arange(top, top + rows) + tap.repeat_interleave(3)[:, None])[:, :, None]
    x = (arange(width) + tap.repeat(3)[:, None])[:, None]
    return torch.stack(
        [
            (x + 0.5 + offsets[:, :, 1]) * (2 / width) - 1,
            (y + 0.5 + offsets[:, :, 0]) * (2 / height) - 1,
        ],
        dim=4,
    )

"""U-net of the blind-spot networks (Laine et al. 2019), and the same with a full view.

Blind, every layer sees a pixel's own row and what is above it; shifted down by one row, the result
sees what is above alone. With a full view the layers are the usual ones.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.four_ways import LEAKY_SLOPE


class BlindUNet(nn.Module):
    """U-net of pictures (B, C, H, W), H and W at least 4, to (B, ``out_channels``, H, W).

    Where ``blind``, the receptive field is the half plane of a pixel's own row and what is above.
    """

    def __init__(self, in_channels: int, width: int, out_channels: int, *, blind: bool) -> None:
        super().__init__()
        wide = 2 * width
        self.blind = blind
        self.down1 = _conv_stack(in_channels, width, width, width, blind=blind)
        self.down2 = _conv_stack(width, width, width, width, blind=blind)
        self.bottom = _conv_stack(width, wide, wide, width, blind=blind)
        self.up1 = _conv_stack(wide, wide, wide, wide, wide, blind=blind)
        self.up2 = _conv_stack(wide + in_channels, wide, wide, wide, out_channels, blind=blind)

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most, where it is not blind."""
        down1, down2, bottom, up1, up2 = map(
            len, (self.down1, self.down2, self.bottom, self.up1, self.up2)
        )
        # A pixel of a coarser grid may lie up to a pixel of that grid off.
        return down1 + up2 + 2 * (down2 + up1 + 1) + 4 * (bottom + 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Compute features of the same height and width as the picture."""
        half = self._downsample(self.down1(picture))
        features = self.bottom(self._downsample(self.down2(half)))
        features = self.up1(torch.cat([_upsample_like(features, half), half], dim=1))
        features = torch.cat([_upsample_like(features, picture), picture], dim=1)
        whole: Tensor = self.up2(features)
        return whole

    def _downsample(self, features: Tensor) -> Tensor:
        return functional.max_pool2d(shift_down(features) if self.blind else features, 2)


class EdgeConv(nn.Module):
    """3x3 convolution that repeats edges, with a leaky ReLU.

    Where ``blind``, it sees a pixel's row and those above, and zeros above the picture.
    """

    def __init__(self, in_channels: int, out_channels: int, *, blind: bool) -> None:
        super().__init__()
        self.blind = blind
        self.conv = nn.Conv2d(in_channels, out_channels, 3, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Apply the convolution: features of the same height and width."""
        if self.blind:
            features = functional.pad(features, (0, 0, 1, 0))
        padded = functional.pad(features, (1, 1, 1, 1), mode="replicate")
        convolved = functional.leaky_relu(self.conv(padded), LEAKY_SLOPE)
        return convolved[:, :, :-1] if self.blind else convolved


def shift_down(features: Tensor) -> Tensor:
    """Shift features one row down, so that a pixel sees only what is above it."""
    return functional.pad(features, (0, 0, 1, 0))[:, :, :-1]


def _conv_stack(*channels: int, blind: bool) -> nn.Sequential:
    return nn.Sequential(
        *(EdgeConv(before, after, blind=blind) for before, after in pairwise(channels))
    )


def _upsample_like(features: Tensor, reference: Tensor) -> Tensor:
    """Upsample features by 2, padded with zeros to the size of ``reference``."""
    upsampled = functional.interpolate(features, scale_factor=2, mode="nearest")
    down, across = (reference.shape[i] - upsampled.shape[i] for i in (2, 3))
    return functional.pad(upsampled, (0, across, 0, down))

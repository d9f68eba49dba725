"""BSN, the blind-spot network that denoises short windows of spikes (SpikeReveal 3.3, A.2).

Every output pixel is estimated from its surroundings alone: its own input has no way to it, so that
a network trained to reproduce its noisy input can only learn what is not noise (Laine et al. 2019).
A U-net whose convolutions see nothing below their own row runs on the picture turned four ways;
shifted by one row and turned back, the four see all but the pixel itself. 1.118832 M parameters.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.bsn import BSNConfig, BSNInputConfig

_LEAKY_SLOPE = 0.1


class BSN(nn.Module):
    """Blind-spot network that denoises firing rates (B, 1, H, W) in [0, 1]."""

    def __init__(
        self, config: BSNConfig | None = None, input_config: BSNInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or BSNConfig()
        self.input_config = input_config or BSNInputConfig()
        wide = 2 * self.config.width
        self.unet = HalfUNet(self.config.width)
        self.mix = nn.Sequential(
            nn.Conv2d(4 * wide, 4 * wide, 1, bias=False),
            nn.LeakyReLU(_LEAKY_SLOPE),
            nn.Conv2d(4 * wide, wide, 1, bias=False),
            nn.LeakyReLU(_LEAKY_SLOPE),
            nn.Conv2d(wide, 1, 1, bias=False),
        )

    def forward(self, rates: Tensor) -> Tensor:
        """Denoised rates of the same shape."""
        height, width = rates.shape[2:]
        top = left = 0
        if self.config.reflect_to_square:
            side = max(height, width)
            top, left = (side - height) // 2, (side - width) // 2
            edges = (left, side - width - left, top, side - height - top)
            rates = functional.pad(rates, edges, mode="reflect")
        features: dict[int, Tensor] = {}
        for turns in ((0, 2), (1, 3)):  # two and two have one shape
            rotated = torch.cat([torch.rot90(rates, -turn, (2, 3)) for turn in turns])
            for turn, half in zip(turns, _shift_down(self.unet(rotated)).chunk(2), strict=True):
                features[turn] = torch.rot90(half, turn, (2, 3))
        clean: Tensor = self.mix(torch.cat([features[turn] for turn in range(4)], dim=1))
        return clean[:, :, top : top + height, left : left + width]


class HalfUNet(nn.Module):
    """U-net whose receptive field is the half plane of a pixel's own row and what is above."""

    def __init__(self, width: int) -> None:
        super().__init__()
        wide = 2 * width
        self.down1 = _conv_stack(1, width, width, width)
        self.down2 = _conv_stack(width, width, width, width)
        self.bottom = _conv_stack(width, wide, wide, width)
        self.up1 = _conv_stack(wide, wide, wide, wide, wide)
        self.up2 = _conv_stack(wide + 1, wide, wide, wide, wide)

    def forward(self, picture: Tensor) -> Tensor:
        """Compute features of the same height and width as the picture."""
        half = _downsample(self.down1(picture))
        features = self.bottom(_downsample(self.down2(half)))
        features = self.up1(torch.cat([_upsample_like(features, half), half], dim=1))
        features = torch.cat([_upsample_like(features, picture), picture], dim=1)
        whole: Tensor = self.up2(features)
        return whole


class UpwardConv(nn.Module):
    """3x3 convolution that sees a pixel's row and those above, with a leaky ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Apply the convolution: features of the same height and width."""
        above = functional.pad(features, (0, 0, 1, 0))
        padded = functional.pad(above, (1, 1, 1, 1), mode="replicate")
        return functional.leaky_relu(self.conv(padded), _LEAKY_SLOPE)[:, :, :-1]


def _conv_stack(*channels: int) -> nn.Sequential:
    return nn.Sequential(*(UpwardConv(before, after) for before, after in pairwise(channels)))


def _shift_down(features: Tensor) -> Tensor:
    """Shift features one row down, so that a pixel sees only what is above it."""
    return functional.pad(features, (0, 0, 1, 0))[:, :, :-1]


def _downsample(features: Tensor) -> Tensor:
    return functional.max_pool2d(_shift_down(features), 2)


def _upsample_like(features: Tensor, reference: Tensor) -> Tensor:
    """Upsample features by 2, padded with zeros to the size of ``reference``."""
    upsampled = functional.interpolate(features, scale_factor=2, mode="nearest")
    down, across = (reference.shape[i] - upsampled.shape[i] for i in (2, 3))
    return functional.pad(upsampled, (0, across, 0, down))

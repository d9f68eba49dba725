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

from spikecam.networks.configs.bsn import BSNConfig

_SLOPE = 0.1


class BSN(nn.Module):
    """The network; ``forward`` takes rates (B, 1, H, W) in [0, 1] and gives clean ones."""

    def __init__(self, config: BSNConfig | None = None) -> None:
        super().__init__()
        self.config = config or BSNConfig()
        wide = 2 * self.config.width
        self.unet = HalfUNet(self.config.width)
        self.mix = nn.Sequential(
            nn.Conv2d(4 * wide, 4 * wide, 1, bias=False),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(4 * wide, wide, 1, bias=False),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(wide, 1, 1, bias=False),
        )

    def forward(self, rates: Tensor) -> Tensor:
        """Clean rates of the same shape."""
        height, width = rates.shape[2:]
        top = left = 0
        if self.config.mirrored:
            side = max(height, width)
            top, left = (side - height) // 2, (side - width) // 2
            edges = (left, side - width - left, top, side - height - top)
            rates = functional.pad(rates, edges, mode="reflect")
        seen: dict[int, Tensor] = {}
        for turns in ((0, 2), (1, 3)):  # two and two have one shape
            turned = torch.cat([torch.rot90(rates, -turn, (2, 3)) for turn in turns])
            for turn, part in zip(turns, _down(self.unet(turned)).chunk(2), strict=True):
                seen[turn] = torch.rot90(part, turn, (2, 3))
        clean: Tensor = self.mix(torch.cat([seen[turn] for turn in range(4)], dim=1))
        return clean[:, :, top : top + height, left : left + width]


class HalfUNet(nn.Module):
    """A U-net that sees a pixel's own row and what is above, (B, 1, n, n) to (B, 2 width, n, n)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        wide = 2 * width
        self.down1 = _convolutions(1, width, width, width)
        self.down2 = _convolutions(width, width, width, width)
        self.bottom = _convolutions(width, wide, wide, width)
        self.up1 = _convolutions(wide, wide, wide, wide, wide)
        self.up2 = _convolutions(wide + 1, wide, wide, wide, wide)

    def forward(self, picture: Tensor) -> Tensor:
        """Features of the same height and width."""
        half = _pooled(self.down1(picture))
        features = self.bottom(_pooled(self.down2(half)))
        features = self.up1(torch.cat([_enlarged(features, half), half], dim=1))
        features = torch.cat([_enlarged(features, picture), picture], dim=1)
        whole: Tensor = self.up2(features)
        return whole


class UpwardConv(nn.Module):
    """A 3x3 convolution whose lowest row is the pixel's own, with a leaky ReLU."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same height and width."""
        above = functional.pad(features, (0, 0, 1, 0))
        wider = functional.pad(above, (1, 1, 1, 1), mode="replicate")
        return functional.leaky_relu(self.conv(wider), _SLOPE)[:, :, :-1]


def _convolutions(*channels: int) -> nn.Sequential:
    return nn.Sequential(*(UpwardConv(before, after) for before, after in pairwise(channels)))


def _down(features: Tensor) -> Tensor:
    """One row further down: what a pixel sees is then above it."""
    return functional.pad(features, (0, 0, 1, 0))[:, :, :-1]


def _pooled(features: Tensor) -> Tensor:
    return functional.max_pool2d(_down(features), 2)


def _enlarged(features: Tensor, like: Tensor) -> Tensor:
    """Twice the size, with zeros below and on the right where that is short of ``like``."""
    large = functional.interpolate(features, scale_factor=2, mode="nearest")
    down, across = (like.shape[i] - large.shape[i] for i in (2, 3))
    return functional.pad(large, (0, across, 0, down))

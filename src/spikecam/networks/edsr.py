"""EDSR, super-resolution by residual blocks (Lim et al. 2017), as SpikeReveal uses it (A.2).

16 blocks of 64 channels without normalisation, then two doublings by pixel shuffle; one channel of
gray in and out, 4 times as fine. The mean of natural pictures is taken off and put on again by two
convolutions that are not trained. 1.515269 M parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spikecam.networks.configs.edsr import EDSRConfig, EDSRInputConfig
from spikecam.networks.residual import ResidualBlock

# Mean gray of the pictures that the original was trained on.
_MEAN_GRAY = 0.446


class EDSR(nn.Module):
    """EDSR network for super-resolution of gray, (B, 1, H, W) in [0, 1] to (B, 1, 4 H, 4 W)."""

    def __init__(
        self, config: EDSRConfig | None = None, input_config: EDSRInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or EDSRConfig()
        self.input_config = input_config or EDSRInputConfig()
        channels = self.config.channels
        self.subtract_mean = _constant_shift_layer(-_MEAN_GRAY)
        self.head = nn.Conv2d(1, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(channels) for _ in range(self.config.blocks)))
        self.last = nn.Conv2d(channels, channels, 3, padding=1)
        self.up = nn.Sequential()
        for _ in range(self.config.doublings):
            self.up.append(nn.Conv2d(channels, 4 * channels, 3, padding=1))
            self.up.append(nn.PixelShuffle(2))
        self.predict = nn.Conv2d(channels, 1, 3, padding=1)
        self.add_mean = _constant_shift_layer(_MEAN_GRAY)

    def forward(self, gray: Tensor) -> Tensor:
        """Upsampled gray pictures, ``2 ** doublings`` times as fine."""
        features = self.head(self.subtract_mean(gray))
        features = features + self.last(self.blocks(features))
        upsampled: Tensor = self.add_mean(self.predict(self.up(features)))
        return upsampled


def _constant_shift_layer(constant: float) -> nn.Conv2d:
    """Make a 1x1 convolution that adds a constant to gray. It is not trained."""
    convolution = nn.Conv2d(1, 1, 1)
    with torch.no_grad():
        convolution.weight.fill_(1)
        assert convolution.bias is not None
        convolution.bias.fill_(constant)
    return convolution.requires_grad_(False)

"""The spatial-temporal separable spike encoder, S3, of SpikeGen (3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn

_LEAKY_SLOPE = 0.2


class SpikeEncoder(nn.Module):
    """Encoder of spikes (B, T, H, W) to features (B, C, H / 8, W / 8).

    Three convolutions in space and time halve all sides each; two convolutions of 1 x 1 x 1 give
    every place weights over what is left of time, by which features are summed; a convolution in
    space, a normalisation over channels and a leaky rectifier finish it (SpikeGen 3.2). Our
    choices, where the paper is silent: kernels of 3, a leaky rectifier and no normalisation after
    the first three convolutions, so that how much fired is not lost, weights by softmax, one for
    all channels of a place, and a slope of 0.2.

    Args:
        channels: of the three convolutions; the last is that of the features, 512 as published.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        *_, last = channels
        self.layers = nn.ModuleList(
            nn.Conv3d(before, after, 3, stride=2, padding=1)
            for before, after in zip((1, *channels), channels, strict=False)
        )
        self.time_weights = nn.Sequential(
            nn.Conv3d(last, max(1, last // 4), 1),
            nn.LeakyReLU(_LEAKY_SLOPE),
            nn.Conv3d(max(1, last // 4), 1, 1),
        )
        self.conv = nn.Conv2d(last, last, 3, padding=1)
        self.norm = nn.LayerNorm(last)
        self.activation = nn.LeakyReLU(_LEAKY_SLOPE)

    def forward(self, spikes: Tensor) -> Tensor:
        """Encode spikes (B, T, H, W) to features. T, H and W are multiples of 8."""
        features = spikes[:, None]
        for number, layer in enumerate(self.layers):
            # Of one channel in bfloat16, gradients on processors are not numbers at some sizes.
            full_precision = number == 0 and spikes.device.type == "cpu"
            with torch.autocast("cpu", enabled=False) if full_precision else nullcontext():
                features = self.activation(layer(features))
        shares = torch.softmax(self.time_weights(features).float(), dim=2)
        fused = (shares * features).sum(2)
        normed = self.norm(self.conv(fused).movedim(1, -1)).movedim(-1, 1)
        out: Tensor = self.activation(normed)
        return out

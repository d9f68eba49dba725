"""Triplet attention, between each pair of channels, rows and columns (Misra et al., WACV 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spikecam.networks.batch_norm import BatchNorm


class TripletAttention(nn.Module):
    """Mean of three gates of features, over rows and columns and over channels with each."""

    def __init__(self) -> None:
        super().__init__()
        self.hw, self.cw, self.hc = PoolGate(), PoolGate(), PoolGate()

    def forward(self, features: Tensor) -> Tensor:
        """Weigh features (B, C, H, W)."""
        rows_swapped = self.cw(features.transpose(1, 2)).transpose(1, 2)
        columns_swapped = self.hc(features.transpose(1, 3)).transpose(1, 3)
        weighed: Tensor = (self.hw(features) + rows_swapped + columns_swapped) / 3
        return weighed


class PoolGate(nn.Module):
    """Gate by a convolution of the maximum and mean over the first axis of features."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.norm = BatchNorm(1)

    def forward(self, features: Tensor) -> Tensor:
        """Weigh features of four axes, the second of which is pooled."""
        pooled = features.amax(dim=1, keepdim=True), features.mean(dim=1, keepdim=True)
        return features * torch.sigmoid(self.norm(self.conv(torch.cat(pooled, dim=1))))

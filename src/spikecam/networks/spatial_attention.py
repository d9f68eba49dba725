"""Spatial attention of CBAM (Woo et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpatialAttention(nn.Module):
    """Spatial attention of CBAM, by the mean and maximum over the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features weighed from place to place."""
        mean, maximum = features.mean(dim=1, keepdim=True), features.amax(dim=1, keepdim=True)
        return features * torch.sigmoid(self.conv(torch.cat([mean, maximum], dim=1)))

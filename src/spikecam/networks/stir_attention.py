"""Cross attention of STIR, from a moment's features to those before and after it.

As in Restormer (Zamir et al. 2022) channels attend to channels, not places to places.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_EPS = 1e-5


class CrossAttention(nn.Module):
    """Attention from a moment's features to those before and after it, each (B, C, H, W).

    Queries are of the moment, keys and values of before and after. The input is not added.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        double = 2 * channels
        self.normalise_middle = ChannelNorm(channels)
        self.normalise_before = ChannelNorm(channels)
        self.normalise_after = ChannelNorm(channels)
        self.project_middle = nn.Conv2d(channels, double, 1, bias=False)
        self.mix_middle = nn.Conv2d(double, double, 3, padding=1, groups=channels, bias=False)
        self.project_before = nn.Conv2d(channels, double, 1, bias=False)
        self.mix_before = nn.Conv2d(double, double, 3, padding=1, groups=double, bias=False)
        self.project_after = nn.Conv2d(channels, double, 1, bias=False)
        self.mix_after = nn.Conv2d(double, double, 3, padding=1, groups=double, bias=False)
        self.temperature1 = nn.Parameter(torch.ones(heads, 1, 1))
        self.temperature2 = nn.Parameter(torch.ones(heads, 1, 1))

    def forward(self, before: Tensor, middle: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Values from before and from after."""
        queries = self.mix_middle(self.project_middle(self.normalise_middle(middle)))
        query1, query2 = queries.chunk(2, dim=1)
        key1, value1 = self.mix_before(self.project_before(self.normalise_before(before))).chunk(
            2, dim=1
        )
        key2, value2 = self.mix_after(self.project_after(self.normalise_after(after))).chunk(
            2, dim=1
        )
        return (
            self._attend(query1, key1, value1, self.temperature1),
            self._attend(query2, key2, value2, self.temperature2),
        )

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, temperature: Tensor) -> Tensor:
        """Values of channels, weighed by how alike keys and queries are over the whole picture."""
        shape = value.shape
        query, key, value = (
            maps.reshape(len(maps), self.heads, -1, maps[0, 0].numel())
            for maps in (query, key, value)
        )
        query, key = functional.normalize(query, dim=-1), functional.normalize(key, dim=-1)
        weights = torch.softmax(query @ key.transpose(-1, -2) * temperature, dim=-1)
        return (weights @ value).reshape(shape)


class GatedFeedForward(nn.Module):
    """Feed-forward part of Restormer, of features (B, C, H, W), one half gating the other."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.normalise = ChannelNorm(channels)
        self.expand = nn.Conv2d(channels, 2 * width, 1, bias=False)
        self.mix = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width, bias=False)
        self.narrow = nn.Conv2d(width, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same shape; the input is not added."""
        gate, gated = self.mix(self.expand(self.normalise(features))).chunk(2, dim=1)
        result: Tensor = self.narrow(functional.gelu(gate) * gated)
        return result


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of each place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same shape."""
        last = features.movedim(1, -1)
        normalised = functional.layer_norm(last, self.weight.shape, self.weight, self.bias, _EPS)
        return normalised.movedim(-1, 1)

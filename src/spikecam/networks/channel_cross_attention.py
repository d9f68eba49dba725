"""Attention between the channels of two feature maps (after Restormer, Zamir et al. 2022)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

# Width of the perceptron in that of a token.
_MLP_RATIO = 4


class CrossAttentionBlock(nn.Module):
    """Transformer block whose keys and values are of another feature map.

    Args:
        width: channels of the features.
        context_width: channels of the other map.
        heads: of the attention, among which channels are shared.
    """

    def __init__(self, width: int, context_width: int, heads: int) -> None:
        super().__init__()
        self.query_norm = nn.LayerNorm(width)
        self.context_norm = nn.LayerNorm(context_width)
        self.attention = ChannelCrossAttention(width, context_width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, _MLP_RATIO * width), nn.GELU(), nn.Linear(_MLP_RATIO * width, width)
        )

    def forward(self, features: Tensor, context: Tensor) -> Tensor:
        """Fuse features (B, C, H, W) with a context (B, D, H, W)."""
        normed = self.query_norm(features.movedim(1, -1)).movedim(-1, 1)
        normed_context = self.context_norm(context.movedim(1, -1)).movedim(-1, 1)
        fused = features + self.attention(normed, normed_context)
        tokens = fused.movedim(1, -1)
        return (tokens + self.mlp(self.mlp_norm(tokens))).movedim(-1, 1)  # type: ignore[no-any-return]


class ChannelCrossAttention(nn.Module):
    """Attention of the channels of one feature map to those of another, head by head."""

    def __init__(self, width: int, context_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.query = _depthwise_projection(width)
        self.key = _depthwise_projection(context_width)
        self.value = _depthwise_projection(context_width)
        self.proj = nn.Conv2d(width, width, 1, bias=False)

    def forward(self, features: Tensor, context: Tensor) -> Tensor:
        """Attend from features (B, C, H, W) to a context (B, D, H, W)."""
        query, key, value = (
            values.unflatten(1, (self.heads, -1)).flatten(3)
            for values in (self.query(features), self.key(context), self.value(context))
        )
        query, key = functional.normalize(query, dim=-1), functional.normalize(key, dim=-1)
        weights = (query @ key.transpose(-2, -1) * self.temperature).softmax(dim=-1)
        attended = (weights @ value).flatten(1, 2).unflatten(-1, features.shape[2:])
        projected: Tensor = self.proj(attended)
        return projected


def _depthwise_projection(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 1, bias=False),
        nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
    )

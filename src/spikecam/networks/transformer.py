"""The transformer of SpikeGen: blocks of a vision transformer with rotary positions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.rotary import apply_rotary, position_angles, rotary_cosines_sines

_NORM_EPS = 1e-6


class TransformerBlock(nn.Module):
    """Block of a vision transformer with rotary positions. Tokens are normalised before each part.

    As in a vision transformer (Dosovitskiy et al., 2021), which SpikeGen (3.2) takes.

    Args:
        width: channels of a token.
        heads: of the attention; each has a multiple of 4 channels.
        mlp_ratio: width of the perceptron in that of a token.
    """

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width, eps=_NORM_EPS)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width, eps=_NORM_EPS),
            nn.Linear(width, int(mlp_ratio * width)),
            nn.GELU(),
            nn.Linear(int(mlp_ratio * width), width),
        )

    def forward(self, tokens: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """Apply the block to tokens (B, N, width), with the rotary values of their positions."""
        qkv = self.qkv(self.norm(tokens)).unflatten(-1, (3, self.heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        attended = _attention(apply_rotary(query, rotary), apply_rotary(key, rotary), value)
        tokens = tokens + self.proj(attended.transpose(1, 2).flatten(2))
        return tokens + self.mlp(tokens)  # type: ignore[no-any-return]


class Transformer(nn.Module):
    """Transformer blocks one after another, and a last normalisation.

    Args:
        depth: how many blocks.
        width, heads, mlp_ratio: of each.
        rotary_base: of the frequencies of the rotary positions.
    """

    def __init__(
        self, depth: int, width: int, heads: int, *, mlp_ratio: float, rotary_base: float
    ) -> None:
        super().__init__()
        self.head_channels, self.rotary_base = width // heads, rotary_base
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=_NORM_EPS)

    def forward(self, tokens: Tensor, grid_shape: tuple[int, int]) -> Tensor:
        """Apply the blocks to tokens (B, h w, width) of a grid (h, w), row by row."""
        rows, columns = torch.meshgrid(
            *(torch.arange(side, device=tokens.device, dtype=torch.float32) for side in grid_shape),
            indexing="ij",
        )
        angles = position_angles(
            rows.flatten(), columns.flatten(), self.head_channels, self.rotary_base
        )
        rotary = rotary_cosines_sines(angles)
        for block in self.blocks:
            tokens = block(tokens, rotary)
        normed: Tensor = self.norm(tokens)
        return normed


def _attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scaled dot-product attention of heads (B, H, N, C)."""
    if query.device.type != "cpu":
        return functional.scaled_dot_product_attention(query, key, value)
    # On processors the plain products take half of the time of the fused ones, or less, backward;
    # all in the precision of the heads, the softmax too.
    with torch.autocast("cpu", enabled=False):
        value = value.to(query.dtype)
        weights = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-2, -1))
        return torch.matmul(torch.softmax(weights, dim=-1), value)

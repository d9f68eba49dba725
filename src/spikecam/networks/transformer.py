"""The transformer of SpikeGen: blocks of a vision transformer with rotary positions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.rotary import angles, cosines_sines, rotated

_EPS = 1e-6


class Block(nn.Module):
    """Attention of every token to all, then a perceptron of each; normalised before.

    As in a vision transformer (Dosovitskiy et al., 2021), which SpikeGen (3.2) takes.

    Args:
        width: channels of a token.
        heads: of the attention; each has a multiple of 4 channels.
        mlp_ratio: width of the perceptron in that of a token.
    """

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width, eps=_EPS)
        self.attended = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width, eps=_EPS),
            nn.Linear(width, int(mlp_ratio * width)),
            nn.GELU(),
            nn.Linear(int(mlp_ratio * width), width),
        )

    def forward(self, tokens: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """Tokens (B, N, width), with what `cosines_sines` gives of their places."""
        attended = self.attended(self.norm(tokens)).unflatten(-1, (3, self.heads, -1))
        query, key, value = attended.permute(2, 0, 3, 1, 4)
        seen = _attention(rotated(query, turn), rotated(key, turn), value)
        tokens = tokens + self.joined(seen.transpose(1, 2).flatten(2))
        return tokens + self.mlp(tokens)  # type: ignore[no-any-return]


class Transformer(nn.Module):
    """Blocks one after another, and a last normalisation.

    Args:
        depth: how many blocks.
        width, heads, mlp_ratio: of each.
        base: of the rotary positions.
    """

    def __init__(
        self, depth: int, width: int, heads: int, *, mlp_ratio: float, base: float
    ) -> None:
        super().__init__()
        self.channels, self.base = width // heads, base
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=_EPS)

    def forward(self, tokens: Tensor, shape: tuple[int, int]) -> Tensor:
        """Tokens (B, h w, width) of a grid of ``shape`` (h, w), row by row."""
        rows, columns = torch.meshgrid(
            *(torch.arange(side, device=tokens.device, dtype=torch.float32) for side in shape),
            indexing="ij",
        )
        turn = cosines_sines(angles(rows.flatten(), columns.flatten(), self.channels, self.base))
        for block in self.blocks:
            tokens = block(tokens, turn)
        normed: Tensor = self.norm(tokens)
        return normed


def _attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax (Q K^T / sqrt C) V of heads (B, H, N, C)."""
    if query.device.type != "cpu":
        return functional.scaled_dot_product_attention(query, key, value)
    # On processors the plain products take half of the time of the fused ones, or less, backward;
    # all in the precision of the heads, the softmax too.
    with torch.autocast("cpu", enabled=False):
        value = value.to(query.dtype)
        weights = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-2, -1))
        return torch.matmul(torch.softmax(weights, dim=-1), value)

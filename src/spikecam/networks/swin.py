"""Transformer groups with attention within shifted windows, of SwinIR (Liang et al. 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Side of a window, in tokens; every other block has its windows shifted by half of it.
WINDOW_TOKENS = 8
# Added to the logits of tokens that only the shift brings into one window.
_MASKED_LOGIT = -100.0


class SwinGroup(nn.Module):
    """Residual group of transformer blocks, every other one with shifted windows.

    Args:
        width: channels of a token.
        heads: of the attention.
        blocks: how many.
        mlp_ratio: width of the perceptron in that of a token.
    """

    def __init__(self, width: int, heads: int, blocks: int, mlp_ratio: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            SwinBlock(width, heads, mlp_ratio, shift=WINDOW_TOKENS // 2 if i % 2 else 0)
            for i in range(blocks)
        )
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Apply the group to features (B, C, H, W), whose sides are multiples of 8."""
        tokens = features.movedim(1, -1)
        for block in self.blocks:
            tokens = block(tokens)
        return features + self.conv(tokens.movedim(-1, 1))  # type: ignore[no-any-return]


class SwinBlock(nn.Module):
    """Attention within windows and a perceptron, each after a normalisation and added.

    Args:
        width, heads, mlp_ratio: as of the group.
        shift: of the windows down and to the right, in tokens.
    """

    def __init__(self, width: int, heads: int, mlp_ratio: int, *, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.attention_norm = nn.LayerNorm(width)
        self.attention = WindowAttention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, mlp_ratio * width), nn.GELU(), nn.Linear(mlp_ratio * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Apply the block to tokens (B, H, W, C)."""
        height, width = tokens.shape[1:3]
        normed = self.attention_norm(tokens)
        if self.shift:
            normed = normed.roll((-self.shift, -self.shift), dims=(1, 2))
            windows = self.attention(
                split_windows(normed), shift_mask(height, width, self.shift, tokens.device)
            )
            attended = join_windows(windows, height, width).roll((self.shift,) * 2, dims=(1, 2))
        else:
            attended = join_windows(self.attention(split_windows(normed)), height, width)
        tokens = tokens + attended
        return tokens + self.mlp(self.mlp_norm(tokens))  # type: ignore[no-any-return]


class WindowAttention(nn.Module):
    """Attention between the tokens of a window, with a bias for each head and offset."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        offsets = (2 * WINDOW_TOKENS - 1) ** 2
        self.relative_position_bias_table = nn.Parameter(torch.zeros(offsets, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, windows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Apply attention to windows (B, N, 64, C).

        ``mask``, (N, 64, 64), is added to the logits of all heads.
        """
        qkv = self.qkv(windows).unflatten(-1, (3, self.heads, -1))
        query, key, value = qkv.permute(3, 0, 1, 4, 2, 5)
        logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
        index = relative_position_index(windows.device)
        logits = logits + self.relative_position_bias_table[index].permute(2, 0, 1)
        if mask is not None:
            logits = logits + mask[:, None]
        attended = logits.softmax(dim=-1) @ value
        projected: Tensor = self.proj(attended.transpose(2, 3).flatten(-2))
        return projected


def split_windows(tokens: Tensor) -> Tensor:
    """Split tokens (B, H, W, C) into windows (B, N, 64, C), row by row."""
    batch, height, width, channels = tokens.shape
    grid = height // WINDOW_TOKENS, width // WINDOW_TOKENS
    blocks = tokens.reshape(batch, grid[0], WINDOW_TOKENS, grid[1], WINDOW_TOKENS, channels)
    return blocks.transpose(2, 3).reshape(batch, -1, WINDOW_TOKENS**2, channels)


def join_windows(windows: Tensor, height: int, width: int) -> Tensor:
    """Join windows (B, N, 64, C) to tokens (B, H, W, C)."""
    grid = height // WINDOW_TOKENS, width // WINDOW_TOKENS
    blocks = windows.reshape(len(windows), *grid, WINDOW_TOKENS, WINDOW_TOKENS, -1)
    return blocks.transpose(2, 3).reshape(len(windows), height, width, -1)


def shift_mask(height: int, width: int, shift: int, device: torch.device) -> Tensor:
    """Mask (N, 64, 64) of the logits of shifted windows of a grid.

    The grid is rolled, so that windows at its end hold tokens of its beginning, which do not see
    the others.
    """
    rows, columns = (
        (torch.arange(side, device=device) >= side - shift).long()
        + (torch.arange(side, device=device) >= side - WINDOW_TOKENS)
        for side in (height, width)
    )
    regions = split_windows((3 * rows[:, None] + columns)[None, :, :, None])[0, :, :, 0]
    return _MASKED_LOGIT * (regions[:, :, None] != regions[:, None]).float()


def relative_position_index(device: torch.device) -> Tensor:
    """Row (64, 64) of the table of biases for each pair of tokens of a window."""
    steps = torch.arange(WINDOW_TOKENS, device=device)
    rows = steps.repeat_interleave(WINDOW_TOKENS)
    columns = steps.repeat(WINDOW_TOKENS)
    down, across = rows[:, None] - rows, columns[:, None] - columns
    last = WINDOW_TOKENS - 1
    return (down + last) * (2 * WINDOW_TOKENS - 1) + across + last

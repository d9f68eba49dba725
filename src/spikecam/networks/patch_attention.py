"""Attention from patches of a reference to the neighbourhoods of the same patches elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

# Pixels of a patch, a side; its neighbourhood is that of the patch and the eight around it.
PATCH_PIXELS = 3
# How far a pixel sees: from one side of its patch to the other of the neighbourhood, in pixels.
ATTENTION_RADIUS = 2 * PATCH_PIXELS - 1
# How much lower logits of places outside of the picture are.
_OUTSIDE_PENALTY = 99.0


class PatchAttention(nn.Module):
    """Attention of pixels in patches of 3x3 to the 9x9 pixels around their patch (BSF).

    ``forward`` takes the reference, which asks, and features of another time, both (B, C, H, W) of
    any height and width. It gives these features with what was found added, ``gamma`` times.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, channels, 1, bias=False)
        self.key = nn.Conv2d(channels, channels, 1, bias=False)
        self.value = nn.Conv2d(channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, reference: Tensor, features: Tensor) -> Tensor:
        """Add to features what the reference finds in them."""
        channels, height, width = features.shape[1:]
        scale = channels**-0.5
        asking, pixels = _channels_last(reference), _channels_last(features)
        queries = _convolve(asking, self.query.weight * scale)
        # Both in one, since both are read in the same order.
        keys_and_values = _convolve(pixels, torch.cat([self.key.weight, self.value.weight]))
        inside = _channels_last(torch.ones_like(features[:1, :1]))
        attended = []
        for query, neighbours, is_inside in zip(
            torch.split(queries, PATCH_PIXELS, dim=1),
            _neighbourhoods(keys_and_values),
            _neighbourhoods(inside),
            strict=True,
        ):
            keys, values = neighbours.chunk(2, dim=2)
            patches = torch.unflatten(query, 2, (-1, PATCH_PIXELS)).transpose(1, 2).flatten(2, 3)
            logits = patches @ keys + (is_inside - 1) * _OUTSIDE_PENALTY
            means = torch.softmax(logits, dim=3) @ values.transpose(2, 3)
            means = torch.unflatten(means, 2, (PATCH_PIXELS, -1)).transpose(1, 2).flatten(2, 3)
            attended.append(means)
        joined = torch.cat(attended, dim=1).movedim(3, 1)
        return features + self.gamma * joined[:, :, :height, :width]


def _channels_last(features: Tensor) -> Tensor:
    """Features (B, C, H, W) as (B, H', W', C), zeros below and on the right to whole patches."""
    height, width = features.shape[2:]
    padded = functional.pad(features, (0, -width % PATCH_PIXELS, 0, -height % PATCH_PIXELS))
    return padded.movedim(1, 3)


def _convolve(pixels: Tensor, kernel: Tensor) -> Tensor:
    """Convolve (B, H, W, C) with a 1x1 kernel (C', C, 1, 1): (B, H, W, C')."""
    return functional.linear(pixels, kernel.flatten(1))


def _neighbourhoods(pixels: Tensor) -> Iterator[Tensor]:
    """Pixels around each patch, (B, w, C, 81) for every row of patches of (B, H, W, C).

    Beyond the picture are zeros.
    """
    border, side = PATCH_PIXELS, 3 * PATCH_PIXELS
    bordered = functional.pad(pixels, (0, 0, border, border, border, border))
    for rows in bordered.unfold(1, side, PATCH_PIXELS).unbind(1):
        # Column after column, so that those of a neighbourhood are next to each other.
        columns = rows.movedim(3, 2).flatten(1, 2)
        yield columns.unfold(1, side**2, side * PATCH_PIXELS)

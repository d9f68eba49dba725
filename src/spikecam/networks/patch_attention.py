"""Attention from patches of a reference to the neighbourhoods of the same patches elsewhere."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional

# Pixels of a patch, a side; its neighbourhood is that of the patch and the eight around it.
_PATCH = 3
_NEIGHBOURS = tuple(product(range(3), range(3)))
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
        queries = _split_patches(self.query(reference))
        keys = _add_border(_split_patches(self.key(features) * channels**-0.5))
        values = _add_border(_split_patches(self.value(features)))
        inside = _add_border(_split_patches(torch.ones_like(features[:1, :1])))
        penalties = (inside - 1) * _OUTSIDE_PENALTY
        # Keys of one patch of the neighbourhood after the other: their order does not matter.
        logits = [
            queries @ _shift(keys, queries, at).transpose(3, 4)
            + _shift(penalties, queries, at).transpose(3, 4)
            for at in _NEIGHBOURS
        ]
        weights = torch.softmax(torch.cat(logits, dim=4), dim=4).chunk(len(_NEIGHBOURS), dim=4)
        found = torch.zeros_like(queries)
        for at, weight in zip(_NEIGHBOURS, weights, strict=True):
            found = found + weight @ _shift(values, queries, at)
        return features + self.gamma * _join_patches(found)[:, :, :height, :width]


def _split_patches(features: Tensor) -> Tensor:
    """Split features (B, C, H, W) into patches (B, h, w, 9, C), with zeros beyond the picture."""
    batch, channels, height, width = features.shape
    padded = functional.pad(features, (0, -width % _PATCH, 0, -height % _PATCH))
    patches = torch.unflatten(torch.unflatten(padded, 3, (-1, _PATCH)), 2, (-1, _PATCH))
    rows, columns = patches.shape[2], patches.shape[4]
    return patches.permute(0, 2, 4, 3, 5, 1).reshape(batch, rows, columns, _PATCH**2, channels)


def _join_patches(patches: Tensor) -> Tensor:
    """Join patches (B, h, w, 9, C) to features (B, C, 3 h, 3 w)."""
    features = torch.unflatten(patches, 3, (_PATCH, _PATCH)).permute(0, 5, 1, 3, 2, 4)
    return features.flatten(4, 5).flatten(2, 3)


def _add_border(patches: Tensor) -> Tensor:
    """Add patches of zeros all around."""
    return functional.pad(patches, (0, 0, 0, 0, 1, 1, 1, 1))


def _shift(bordered: Tensor, patches: Tensor, at: tuple[int, int]) -> Tensor:
    """Neighbour of every patch at (row, column) of its neighbourhood, where (1, 1) is itself."""
    row, column = at
    return bordered[:, row : row + patches.shape[1], column : column + patches.shape[2]]

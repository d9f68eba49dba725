"""A chain of plain convolutions."""

from __future__ import annotations

from itertools import pairwise

from torch import nn


def conv_chain(*channels: int) -> nn.Sequential:
    """3x3 convolutions from each number of channels to the next, with a ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers[:-1])

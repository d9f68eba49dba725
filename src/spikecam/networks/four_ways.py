"""Networks of a picture rotated four ways (Laine et al. 2019).

Each of the four sees the half plane on one side of a pixel; a mixer of 1x1 convolutions makes one
plane of them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

LEAKY_SLOPE = 0.1


def apply_four_ways(network: Callable[[Tensor], Tensor], picture: Tensor) -> Tensor:
    """Features of pictures turned by 0, 90, 180 and 270 degrees clockwise, each turned back.

    ``network`` makes C' channels of C, of the same height and width. ``picture`` is (B, C, H, W);
    the result is (B, 4 C', H, W).
    """
    features: dict[int, Tensor] = {}
    for turns in ((0, 2), (1, 3)):  # two and two have one shape
        rotated = torch.cat([torch.rot90(picture, -turn, (2, 3)) for turn in turns])
        for turn, half in zip(turns, network(rotated).chunk(2), strict=True):
            features[turn] = torch.rot90(half, turn, (2, 3))
    return torch.cat([features[turn] for turn in range(4)], dim=1)


def four_way_mixer(channels: int) -> nn.Sequential:
    """1x1 convolutions that make one plane of four times so many channels."""
    return nn.Sequential(
        nn.Conv2d(4 * channels, 4 * channels, 1, bias=False),
        nn.LeakyReLU(LEAKY_SLOPE),
        nn.Conv2d(4 * channels, channels, 1, bias=False),
        nn.LeakyReLU(LEAKY_SLOPE),
        nn.Conv2d(channels, 1, 1, bias=False),
    )

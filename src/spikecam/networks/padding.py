"""Padding of pictures to the multiples of pixels that networks need."""

from __future__ import annotations

import torch
from torch import Tensor

from spikecam.networks.reflection import reflect


def mirror_to_multiple(pictures: Tensor, multiple: int) -> Tensor:
    """Pad pictures (B, C, H, W) at the bottom and on the right to multiples of a number.

    The last rows and columns are mirrored with the edge itself, as by ``symmetric`` of NumPy.
    """
    for axis in (2, 3):
        length = pictures.shape[axis]
        padded_length = -(-length // multiple) * multiple
        if padded_length > length:
            places = torch.arange(padded_length, device=pictures.device) % (2 * length)
            mirrored = torch.minimum(places, 2 * length - 1 - places)
            pictures = pictures.index_select(axis, mirrored)
    return pictures


def reflect_to_multiple(features: Tensor, multiple: int, minimum: int = 0) -> Tensor:
    """Pad features (B, C, H, W) below and on the right, so that both sides are multiples.

    They are reflected without the edge, again and again where they are smaller than what is added;
    a side of one pixel is replicated. ``minimum`` is a multiple that no side is below.
    """
    down, across = (max(minimum - side, -side % multiple) for side in features.shape[2:])
    return reflect(features, 0, across, 0, down)

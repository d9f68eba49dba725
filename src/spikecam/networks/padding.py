"""Padding of pictures to sides that a network can halve."""

from __future__ import annotations

import torch
from torch import Tensor


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

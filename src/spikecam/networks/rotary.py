"""Rotary positions in two dimensions (Su et al., RoFormer, 2021).

A query and a key are turned by angles that grow with their position, so that their product depends
on nothing but how far apart they are. SpikeGen (Table 5) names the base, 10000, and says no more.
Our choice for pictures: the first half of a head's channels turns with the row, the second with the
column.
"""

from __future__ import annotations

import torch
from torch import Tensor


def angles(rows: Tensor, columns: Tensor, channels: int, base: float = 10000.0) -> Tensor:
    """Angles of places (..., channels / 2): channel 2 i and 2 i + 1 are turned by the i-th.

    Args:
        rows, columns: positions, of one shape.
        channels: of a head, a multiple of 4.
        base: of the geometric row of frequencies, 1 to about 1 / base.
    """
    quarter = channels // 4
    steps = torch.arange(quarter, device=rows.device, dtype=torch.float32)
    frequencies = base ** (-steps / quarter)
    return torch.cat([rows[..., None] * frequencies, columns[..., None] * frequencies], dim=-1)


def rotated(heads: Tensor, turned: Tensor) -> Tensor:
    """Queries or keys (..., N, channels) turned by the ``angles`` (N, channels / 2) of N places."""
    cosine, sine = turned.cos(), turned.sin()
    first, second = heads.float()[..., 0::2], heads.float()[..., 1::2]
    mixed = torch.stack([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
    return mixed.flatten(-2).to(heads.dtype)

"""Rotary positions in two dimensions (Su et al., RoFormer, 2021).

A query and a key are turned by angles that grow with their position, so that their product depends
on nothing but how far apart they are. SpikeGen (Table 5) names the base, 10000, and at most 2048
positions, but not their form in two dimensions. Our choice: half of a head's pairs of channels turn
with the row, half with the column, each side of any length.
"""

from __future__ import annotations

import torch
from torch import Tensor


def position_angles(rows: Tensor, columns: Tensor, channels: int, base: float = 10000.0) -> Tensor:
    """Angles of positions (..., channels / 2), rows first: pair i is turned by the i-th.

    Args:
        rows, columns: positions, of one shape.
        channels: of a head, a multiple of 4.
        base: of the geometric row of frequencies, 1 to about 1 / base.
    """
    quarter = channels // 4
    steps = torch.arange(quarter, device=rows.device, dtype=torch.float32)
    frequencies = base ** (-steps / quarter)
    return torch.cat([rows[..., None] * frequencies, columns[..., None] * frequencies], dim=-1)


def cosines_sines(angle: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (N, channels) for `apply_rotary`, of angles (N, channels / 2)."""
    cosine, sine = angle.cos(), angle.sin()
    return torch.cat([cosine, cosine], dim=-1), torch.cat([-sine, sine], dim=-1)


def apply_rotary(heads: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Queries or keys (..., N, channels), turned; channels i and channels / 2 + i are a pair."""
    cosine, sine = rotary
    swapped = heads.roll(heads.shape[-1] // 2, dims=-1)
    return heads * cosine.to(heads.dtype) + swapped * sine.to(heads.dtype)

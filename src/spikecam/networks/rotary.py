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
    """Rotation angles (..., channels / 2) of positions on a grid, those of rows first.

    Args:
        rows, columns: positions, of one shape.
        channels: of a head, a multiple of 4.
        base: of the geometric row of frequencies, 1 to about 1 / base.
    """
    quarter = channels // 4
    steps = torch.arange(quarter, device=rows.device, dtype=torch.float32)
    frequencies = base ** (-steps / quarter)
    return torch.cat([rows[..., None] * frequencies, columns[..., None] * frequencies], dim=-1)


def rotary_cosines_sines(angles: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (N, channels) of angles (N, channels / 2), for `apply_rotary`."""
    cosine, sine = angles.cos(), angles.sin()
    return torch.cat([cosine, cosine], dim=-1), torch.cat([-sine, sine], dim=-1)


def apply_rotary(queries_or_keys: Tensor, cosines_sines: tuple[Tensor, Tensor]) -> Tensor:
    """Apply rotary position embedding to queries or keys (..., N, channels).

    Channels i and channels / 2 + i are rotated as a pair.
    """
    cosine, sine = cosines_sines
    swapped = queries_or_keys.roll(queries_or_keys.shape[-1] // 2, dims=-1)
    return queries_or_keys * cosine.to(queries_or_keys.dtype) + swapped * sine.to(
        queries_or_keys.dtype
    )

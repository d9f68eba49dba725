"""Reflection of pictures at their edges, by any distance."""

from __future__ import annotations

import torch
from torch import Tensor


def reflect(picture: Tensor, left: int, right: int, top: int, bottom: int) -> Tensor:
    """Add margins to pictures (B, C, H, W) that mirror them; the edge itself is not repeated.

    A margin that is larger than the picture is mirrored again, so that any size is allowed.
    """
    if not (left or right or top or bottom):
        return picture
    rows = _mirrored_positions(picture.shape[2], top, bottom, picture.device)
    columns = _mirrored_positions(picture.shape[3], left, right, picture.device)
    return picture[:, :, rows][:, :, :, columns]


def square_margins(height: int, width: int) -> tuple[int, int, int, int]:
    """Margins (left, right, top, bottom) around a picture that make it square, in the middle.

    >>> square_margins(6, 9)
    (0, 0, 1, 2)
    """
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    return left, side - width - left, top, side - height - top


def _mirrored_positions(length: int, before: int, after: int, device: torch.device) -> Tensor:
    """Positions in a line of pixels that its mirrored extension shows."""
    period = max(2 * (length - 1), 1)
    positions = torch.arange(-before, length + after, device=device) % period
    return torch.minimum(positions, period - positions) if length > 1 else positions

"""Backward warping by optical flow."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def warp(features: Tensor, flow: Tensor) -> Tensor:
    """Features (B, C, H, W) as they are where the flow (B, 2, H, W) of each pixel points.

    The flow is horizontal, then vertical, in pixels. Features are bilinear between pixels; beyond
    the edges they are as at the edges.
    """
    height, width = features.shape[2:]
    columns = flow[:, 0] + torch.arange(width, device=flow.device)
    rows = flow[:, 1] + torch.arange(height, device=flow.device)[:, None]
    # From -1 in the centre of the first pixel to 1 in that of the last.
    grid = torch.stack(
        [2 * columns / max(width - 1, 1) - 1, 2 * rows / max(height - 1, 1) - 1], dim=-1
    )
    return functional.grid_sample(features, grid, "bilinear", "border", align_corners=True)

"""Upsampling of features on pyramids."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def upsample_twice(features: Tensor) -> Tensor:
    """Upsample features (B, C, H, W) to (B, C, 2 H, 2 W), bilinearly between centres of pixels."""
    return functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)

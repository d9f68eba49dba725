"""Alignment by deformable convolutions on a pyramid, in a cascade (EDVR, Wang et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.deformable import GROUP_PLANES, MAX_OFFSET_PIXELS, DeformableConv
from spikecam.networks.upsampling import upsample_twice

_LEVELS = 3
# Sides of pictures are multiples of this, so that they can be halved from level to level.
SIDE_MULTIPLE = 2 ** (_LEVELS - 1)
_LEAKY_SLOPE = 0.1


class PyramidAlignment(nn.Module):
    """Alignment of features to those of a reference, from coarse to fine, and once more at last.

    ``forward`` takes pyramids of both (`build_pyramid`), and gives aligned features (B, C, H, W).
    """

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, 3, stride=2, padding=1),
                nn.LeakyReLU(_LEAKY_SLOPE, inplace=True),
                nn.Conv2d(channels, channels, 3, padding=1),
                nn.LeakyReLU(_LEAKY_SLOPE, inplace=True),
            )
            for _ in range(_LEVELS - 1)
        )
        self.levels = nn.ModuleList(
            AlignmentStep(channels, groups, coarsest=level == _LEVELS - 1)
            for level in range(_LEVELS)
        )
        self.cascade = AlignmentStep(channels, groups, coarsest=True)

    @property
    def receptive_radius(self) -> int:
        """How far an aligned pixel sees in both features, in pixels, at most.

        Displacements are taken to be `MAX_OFFSET_PIXELS` at most.
        """
        # What a step samples at displaced places; the convolutions of its offsets see less.
        step = 1 + MAX_OFFSET_PIXELS
        # On each level a step, the convolution after it, two of the pyramid, and upsampling.
        return step + ((1 << _LEVELS) - 1) * (step + 1 + 2 + 1)

    def build_pyramid(self, features: Tensor) -> list[Tensor]:
        """Build the pyramid of features (B, C, H, W), each level half as fine as the one before.

        H and W are multiples of 4.
        """
        pyramid = [features]
        for down in self.down:
            pyramid.append(down(pyramid[-1]))
        return pyramid

    def forward(self, pyramid: Sequence[Tensor], reference: Sequence[Tensor]) -> Tensor:
        """Align the features of a pyramid to those of the reference's."""
        aligned = pyramid[-1]
        coarser: tuple[Tensor, Tensor] | None = None
        for level in reversed(range(_LEVELS)):
            aligned, offset_features = self.levels[level](pyramid[level], reference[level], coarser)
            coarser = functional.leaky_relu(aligned, _LEAKY_SLOPE), offset_features
        aligned, _ = self.cascade(aligned, reference[0], None)
        return _leaky_relu_(aligned)


class AlignmentStep(nn.Module):
    """Alignment on one level, guided by the features of the offsets on the coarser one."""

    def __init__(self, channels: int, groups: int, *, coarsest: bool) -> None:
        super().__init__()
        self.compare = nn.Conv2d(2 * channels, channels, 3, padding=1)
        if not coarsest:
            self.merge = nn.Conv2d(2 * channels, channels, 3, padding=1)
            self.fuse = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.refine = nn.Conv2d(channels, channels, 3, padding=1)
        self.offsets = nn.Conv2d(channels, groups * GROUP_PLANES, 3, padding=1)
        self.deform = DeformableConv(channels, channels)

    def forward(
        self, features: Tensor, reference: Tensor, coarser: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor]:
        """Aligned features before their activation, and the features of the offsets.

        ``coarser`` are the aligned features, activated, and those of the offsets on the coarser
        level; None on the coarsest.
        """
        offset_features = _leaky_relu_(self.compare(torch.cat([features, reference], dim=1)))
        if coarser is not None:
            # Pixels are half as large here, and offsets twice as long.
            guide = 2 * upsample_twice(coarser[1])
            offset_features = _leaky_relu_(self.merge(torch.cat([offset_features, guide], dim=1)))
        offset_features = _leaky_relu_(self.refine(offset_features))
        aligned = self.deform(features, self.offsets(offset_features))
        if coarser is not None:
            aligned = self.fuse(torch.cat([aligned, upsample_twice(coarser[0])], dim=1))
        return aligned, offset_features


def _leaky_relu_(features: Tensor) -> Tensor:
    """Activate what a convolution gave, in place."""
    return functional.leaky_relu_(features, _LEAKY_SLOPE)

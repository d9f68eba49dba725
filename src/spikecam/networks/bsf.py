"""BSF, reconstruction by intervals between spikes and aligned windows (Zhao et al., CVPR 2024).

Four maps of intervals stand for the spikes: that of each frame, alone and with its neighbours. They
are seen in five short windows, and features of the other four are aligned to those of the middle
one on a pyramid, by attention to patches and by deformable convolutions with weights that all
levels share. 2.476870 M parameters, or 2.472262 M with the 41 frames of Spike-Zoo.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.bsf import (
    LEVELS,
    BSFConfig,
    BSFInputConfig,
    default_input_config,
)
from spikecam.networks.conv_stack import conv_stack
from spikecam.networks.deformable import GROUP_PLANES, MAX_OFFSET_PIXELS, DeformableConv
from spikecam.networks.padding import mirror_to_multiple
from spikecam.networks.patch_attention import ATTENTION_RADIUS, PATCH_PIXELS, PatchAttention
from spikecam.networks.short_windows import MIDDLE_WINDOW, SHORT_WINDOWS, split_short_windows
from spikecam.networks.upsampling import upsample_twice

_SIDE_MULTIPLE = 2 ** (LEVELS - 1)
# Intervals that each map adds up.
_INTERVAL_COUNTS = (1, 2, 2, 3)


class BSF(nn.Module):
    """Reconstruction network of five short windows of intervals.

    ``forward`` takes interval maps (B, 4, T, H, W) in frames: the interval of each frame, with the
    next, with the previous, and with both (see `spikecam.reconstruction.interval_maps`). It gives
    the firing rates of the middle frame (B, 1, H, W), not clipped; white is a rate of 0.7 at the
    authors' full light, and of 0.6 in the data of Spike-Zoo. Sides that are no multiples of 4 are
    mirrored at the bottom and on the right, and the rates are cropped.

    Without constants of the input it takes those of the published weights of its window.

    Attributes:
        multiple: at multiples of so many pixels, tiles begin at whole patches of all grids.
    """

    multiple = _SIDE_MULTIPLE * PATCH_PIXELS

    def __init__(
        self, config: BSFConfig | None = None, input_config: BSFInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or BSFConfig()
        self.input_config = input_config or default_input_config(self.config)
        width = self.config.width
        self.represent = Representation(self.config.short_window, width)
        self.encoder = nn.ModuleList(
            conv_stack(width, width, width) for _ in range(self.config.blocks)
        )
        self.align = WindowAlignment(width, self.config.groups)
        self.reconstruct = conv_stack(SHORT_WINDOWS * width, 3 * width, width, 1)

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most.

        Displacements are taken to be `MAX_OFFSET_PIXELS` at most.
        """
        represent, reconstruct = 6, 3
        encoder = 2 * self.config.blocks
        return represent + encoder + self.align.receptive_radius + reconstruct

    def forward(self, interval_maps: Tensor) -> Tensor:
        """Reconstruct rates from the intervals around a frame."""
        height, width = interval_maps.shape[3:]
        padded = mirror_to_multiple(interval_maps.flatten(1, 2), _SIDE_MULTIPLE)
        maps = torch.unflatten(padded, 1, interval_maps.shape[1:3])
        features = [self._encode(one) for one in split_short_windows(maps, self.config, 2)]
        rates: Tensor = self.reconstruct(torch.cat(self.align(features), dim=1))
        return rates[:, :, :height, :width]

    def _encode(self, maps: Tensor) -> Tensor:
        """Features of the maps of a short window (B, 4, n, H, W)."""
        features: Tensor = self.represent(maps)
        for block in self.encoder:
            features = functional.relu(block(features).add_(features), inplace=True)
        return features


class Representation(nn.Module):
    """Features of interval maps (B, 4, n, H, W): (B, width, H, W)."""

    def __init__(self, short_window: int, width: int) -> None:
        super().__init__()
        self.shared = conv_stack(short_window, width, width)
        self.others = nn.ModuleList(conv_stack(width, width, width) for _ in range(3))
        self.fuse = conv_stack(3 * width, width, width)

    def forward(self, maps: Tensor) -> Tensor:
        """Features of the rates in single intervals, corrected by those in several."""
        single, *several = (
            self.shared(count / maps[:, i]) for i, count in enumerate(_INTERVAL_COUNTS)
        )
        others = [layer(rates) for layer, rates in zip(self.others, several, strict=True)]
        features: Tensor = single + self.fuse(torch.cat(others, dim=1))
        return features


class WindowAlignment(nn.Module):
    """Alignment of the features of windows to those of the middle one, from coarse to fine.

    ``forward`` takes features (B, C, H, W) of the five windows, and gives them aligned, the middle
    one as it was.
    """

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            conv_stack(width, width, width, stride=2) for _ in range(LEVELS - 1)
        )
        self.attention = PatchAttention(width)
        self.deform = DeformableConv(width, width)
        self.levels = nn.ModuleList(
            AlignmentLevel(width, groups, coarsest=level == LEVELS - 1) for level in range(LEVELS)
        )

    @property
    def receptive_radius(self) -> int:
        """How far an aligned pixel sees, in pixels, at most."""
        # Attention, what is sampled at displaced places, and the two convolutions after that.
        step = ATTENTION_RADIUS + 1 + MAX_OFFSET_PIXELS + 2
        # On each level a step, two convolutions of the pyramid, and upsampling.
        return sum(2**level * (step + 2 + 1) for level in range(LEVELS))

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Align the windows."""
        pyramid = [list(features)]
        for down in self.down:
            pyramid.append([down(one) for one in pyramid[-1]])
        aligned: list[Tensor] = []
        planes: list[Tensor] = []
        for windows, layers in reversed(list(zip(pyramid, self.levels, strict=True))):
            aligned, planes = self._align_level(layers, windows, aligned, planes)
        return aligned

    def _align_level(
        self,
        layers: nn.Module,
        windows: Sequence[Tensor],
        coarser_features: Sequence[Tensor],
        coarser_planes: Sequence[Tensor],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Align windows on one level, by what the coarser one gave; nothing on the coarsest.

        Gives the features of the five windows, and the planes of offsets and masks of four.
        """
        assert isinstance(layers, AlignmentLevel)
        reference = windows[MIDDLE_WINDOW]
        neighbours = [*windows[:MIDDLE_WINDOW], *windows[MIDDLE_WINDOW + 1 :]]
        aligned, planes = [], []
        for i, neighbour in enumerate(neighbours):
            attended = self.attention(reference, neighbour)
            planes.append(
                layers.predict_planes(
                    attended, reference, coarser_planes[i] if coarser_planes else None
                )
            )
            moved = self.deform(attended, planes[i])
            if coarser_features:
                # As published: the third neighbour is fused with the reference, the fourth with the
                # third, and the last window of the coarser level with none. Weights expect it.
                moved = layers.fuse_coarser(moved, coarser_features[i])
            aligned.append(moved)
        aligned.insert(MIDDLE_WINDOW, reference)
        return aligned, planes


class AlignmentLevel(nn.Module):
    """Layers of the alignment that a level has of its own."""

    def __init__(self, width: int, groups: int, *, coarsest: bool) -> None:
        super().__init__()
        planes = groups * GROUP_PLANES
        self.offsets = conv_stack(2 * width, width, planes if coarsest else width)
        if not coarsest:
            self.refine_offsets = conv_stack(width + planes, width, planes)
            self.fuse = conv_stack(2 * width, width, width)

    def predict_planes(self, features: Tensor, reference: Tensor, coarser: Tensor | None) -> Tensor:
        """Predict the planes of offsets and masks, with those of the coarser level, not doubled."""
        planes: Tensor = self.offsets(torch.cat([features, reference], dim=1))
        if coarser is not None:
            planes = self.refine_offsets(torch.cat([planes, upsample_twice(coarser)], dim=1))
        return planes

    def fuse_coarser(self, features: Tensor, coarser: Tensor) -> Tensor:
        """Fuse features with some of the coarser level."""
        fused: Tensor = self.fuse(torch.cat([features, upsample_twice(coarser)], dim=1))
        return fused

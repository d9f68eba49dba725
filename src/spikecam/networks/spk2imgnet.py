"""Spk2ImgNet, reconstruction by alignment of short windows of spikes (Zhao et al., CVPR 2021).

The spikes around a frame are seen in five short windows that overlap. A shared extractor estimates
the light in each at four lengths of time, weighs the estimates, and makes features of them. Those
of the other four windows are aligned to those of the middle one by deformable convolutions on a
pyramid, masked where they do not fit, and all are fused to the picture. 3.904185 M parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.spk2imgnet import (
    BRANCHES,
    Spk2ImgNetConfig,
)
from spikecam.networks.conv_stack import conv_stack
from spikecam.networks.padding import mirror_to_multiple
from spikecam.networks.pyramid_alignment import SIDE_MULTIPLE, PyramidAlignment
from spikecam.networks.short_windows import MIDDLE_WINDOW, SHORT_WINDOWS, split_short_windows
from spikecam.networks.spikes_input import SpikesInputConfig

_BRANCH_WIDTH = 16
_ATTENTION_WIDTH = 8


class Spk2ImgNet(nn.Module):
    """Reconstruction network of five short windows.

    ``forward`` takes spikes (B, T, H, W), zeros and ones as floats, and gives the firing rates of
    the middle frame (B, 1, H, W), not clipped; published weights were trained with a rate of 0.6 at
    white. Sides that are no multiples of 4 are mirrored at the bottom and on the right, as
    published, and the rates are cropped.

    Attributes:
        multiple: at multiples of so many pixels, tiles begin at whole pixels of all grids.
    """

    multiple = SIDE_MULTIPLE

    def __init__(
        self,
        config: Spk2ImgNetConfig | None = None,
        input_config: SpikesInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config or Spk2ImgNetConfig()
        self.input_config = input_config or SpikesInputConfig()
        width = self.config.width
        self.extractor = Extractor(self.config)
        self.align = PyramidAlignment(width, self.config.groups)
        self.masks = nn.ModuleList(_mask_network(width) for _ in range(SHORT_WINDOWS - 1))
        self.reconstruct = conv_stack(SHORT_WINDOWS * width, 3 * width, width, 1)

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most.

        Displacements are taken to be `MAX_OFFSET_PIXELS` at most.
        """
        # Of the extractor: the branches, attention, the mixture and its blocks.
        extractor = 2 + 2 + 1 + 3 * self.config.blocks
        masks, reconstruction = 3, 3
        return extractor + self.align.receptive_radius + masks + reconstruction

    def forward(self, spikes: Tensor) -> Tensor:
        """Reconstruct rates from the spikes around a frame."""
        return self.reconstruct_with_estimates(spikes)[0]

    def reconstruct_with_estimates(self, spikes: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruct rates, and give the estimates of the extractor with them.

        The estimates are rates (B, 5, 4, H, W) in the middle of each short window, from the longest
        time to the shortest; the published loss asks for them to be right, too.
        """
        height, width = spikes.shape[2:]
        windows = split_short_windows(mirror_to_multiple(spikes, SIDE_MULTIPLE), self.config, 1)
        # One window after the other, each with all samples.
        features, estimates = self.extractor(torch.cat(windows))
        by_window = torch.stack(estimates.chunk(SHORT_WINDOWS), dim=1)
        rates = self._fuse(features.chunk(SHORT_WINDOWS))
        return rates[:, :, :height, :width], by_window[..., :height, :width]

    def encode_window(self, spikes: Tensor) -> Tensor:
        """Features of a short window of spikes (B, n, H, W), which depend on nothing else.

        Sides are mirrored to multiples of 4.
        """
        features: Tensor = self.extractor(mirror_to_multiple(spikes, SIDE_MULTIPLE))[0]
        return features

    def fuse_windows(self, features: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Reconstruct rates from the features of all short windows, as `forward` does.

        ``size`` is the height and width of the spikes.
        """
        return self._fuse(features)[:, :, : size[0], : size[1]]

    def _fuse(self, features: Sequence[Tensor]) -> Tensor:
        """Rates by the features of the five windows."""
        pyramids = [self.align.build_pyramid(one) for one in features]
        reference = pyramids[MIDDLE_WINDOW]
        fused = [reference[0]]
        masks = iter(self.masks)
        for window, pyramid in enumerate(pyramids):
            if window != MIDDLE_WINDOW:
                aligned = self.align(pyramid, reference)
                mask = next(masks)(torch.cat([aligned, reference[0]], dim=1))
                fused.insert(window, aligned * mask)
        rates: Tensor = self.reconstruct(torch.cat(fused, dim=1))
        return rates


class Extractor(nn.Module):
    """Features of a short window, by estimates over four lengths of time."""

    def __init__(self, config: Spk2ImgNetConfig) -> None:
        super().__init__()
        width = config.width
        self.branches = nn.ModuleList(
            conv_stack(config.short_window - 2 * i, _BRANCH_WIDTH, 1) for i in range(BRANCHES)
        )
        self.attention = nn.Sequential(
            nn.Conv2d(BRANCHES, _ATTENTION_WIDTH, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(_ATTENTION_WIDTH, BRANCHES, 3, padding=1),
            nn.Sigmoid(),
        )
        self.mix = nn.Conv2d(BRANCHES, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            conv_stack(width, width, width, width) for _ in range(config.blocks)
        )

    def forward(self, window: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, width, H, W) and estimates (B, 4, H, W) of a short window."""
        frames = window.shape[1]
        estimates = torch.cat(
            [branch(window[:, i : frames - i]) for i, branch in enumerate(self.branches)], dim=1
        )
        shallow = functional.relu(self.mix(self.attention(estimates) * estimates))
        features = shallow
        for block in self.blocks:
            features = functional.relu(block(features).add_(features), inplace=True)
        return features + shallow, estimates


def _mask_network(width: int) -> nn.Sequential:
    """Make the network that masks aligned features where they do not fit the reference."""
    return nn.Sequential(
        nn.Conv2d(2 * width, width, 3, padding=1),
        nn.PReLU(),
        nn.Conv2d(width, width, 3, padding=1),
        nn.PReLU(),
        nn.Conv2d(width, width, 3, padding=1),
        nn.Sigmoid(),
    )

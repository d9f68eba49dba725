"""Spk2ImgNet, reconstruction by alignment of short windows of spikes (Zhao et al., CVPR 2021).

The spikes around a frame are seen in five short windows that overlap. A shared extractor estimates
the light in each at four lengths of time, weighs the estimates, and makes features of them. Those
of the other four windows are aligned to those of the middle one by deformable convolutions on a
pyramid, masked where they do not fit, and all are fused to the picture. 3.904185 M parameters.
"""

from __future__ import annotations

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
    """

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
        pyramids = [level.chunk(SHORT_WINDOWS) for level in self.align.build_pyramid(features)]
        reference = [level[MIDDLE_WINDOW] for level in pyramids]
        fused = [reference[0]]
        masks = iter(self.masks)
        for window in range(SHORT_WINDOWS):
            if window != MIDDLE_WINDOW:
                aligned = self.align([level[window] for level in pyramids], reference)
                mask = next(masks)(torch.cat([aligned, reference[0]], dim=1))
                fused.insert(window, aligned * mask)
        rates = self.reconstruct(torch.cat(fused, dim=1))
        by_window = torch.stack(estimates.chunk(SHORT_WINDOWS), dim=1)
        return rates[:, :, :height, :width], by_window[..., :height, :width]


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
            features = functional.relu(features + block(features))
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

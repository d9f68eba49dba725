"""SSML, self-supervised mutual learning with a motion part (Chen et al., IJCAI 2022).

Two networks learn from each other without true pictures: one is blind to the pixel that it
estimates, so that it cannot copy its noise, and the other, of the same kind, sees it. The other
alone reconstructs. It is the arrangement of Spike-Zoo; 1.192287 M parameters reconstruct.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spikecam.networks.blind_unet import BlindUNet, shift_down
from spikecam.networks.configs.ssml import SSMLConfig
from spikecam.networks.four_ways import apply_four_ways, four_way_mixer
from spikecam.networks.reflection import reflect, square_margins
from spikecam.networks.spikes_input import SpikesInputConfig
from spikecam.networks.ssml_motion import MotionPart


class SSML(nn.Module):
    """Self-supervised reconstruction network (SSML).

    ``forward`` takes spikes (B, T, H, W), 0 or 1, and gives the firing rate in their middle,
    (B, 1, H, W), not clipped. What is not square is mirrored at its edges to the larger side, in
    the middle, and cut again, as published; that side is at least 4. ``blind`` is the blind network
    of the same input and output, or None; a pixel near a mirrored edge has a twin beyond it, to
    which it is not blind.
    """

    def __init__(
        self, config: SSMLConfig | None = None, input_config: SpikesInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or SSMLConfig()
        self.input_config = input_config or SpikesInputConfig()
        self.nonblind = MotionUNet(self.config, blind=False)
        self.blind = MotionUNet(self.config, blind=True) if self.config.blind else None

    def forward(self, spikes: Tensor) -> Tensor:
        """Firing rates in the middle of windows of spikes."""
        rates: Tensor = self.nonblind(spikes)
        return rates


class MotionUNet(nn.Module):
    """U-net of spikes and their motion, turned four ways, blind to each pixel itself or not."""

    def __init__(self, config: SSMLConfig, *, blind: bool) -> None:
        super().__init__()
        self.blind = blind
        wide = 2 * config.width
        self.motion = MotionPart(config, blind=blind)
        self.unet = BlindUNet(config.window + config.motion_width, config.width, wide, blind=blind)
        self.mix = four_way_mixer(wide)

    def forward(self, spikes: Tensor) -> Tensor:
        """Firing rates (B, 1, H, W) in the middle of windows of spikes (B, T, H, W)."""
        height, width = spikes.shape[2:]
        left, right, top, bottom = square_margins(height, width)
        square = reflect(spikes, left, right, top, bottom)
        rates: Tensor = self.mix(apply_four_ways(self._compute_features, square))
        return rates[:, :, top : top + height, left : left + width]

    def _compute_features(self, spikes: Tensor) -> Tensor:
        """Features of spikes; blind, of the rows above each pixel."""
        features: Tensor = self.unet(torch.cat([spikes, self.motion(spikes)], dim=1))
        return shift_down(features) if self.blind else features

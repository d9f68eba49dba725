"""BSN, the blind-spot network that denoises short windows of spikes (SpikeReveal 3.3, A.2).

Every output pixel is estimated from its surroundings alone: its own input has no way to it, so that
a network trained to reproduce its noisy input can only learn what is not noise (Laine et al. 2019).
A U-net whose convolutions see nothing below their own row runs on the picture turned four ways;
shifted by one row and turned back, the four see all but the pixel itself. 1.118832 M parameters.
"""

from __future__ import annotations

from torch import Tensor, nn

from spikecam.networks.blind_unet import BlindUNet, shift_down
from spikecam.networks.configs.bsn import BSNConfig, BSNInputConfig
from spikecam.networks.four_ways import apply_four_ways, four_way_mixer
from spikecam.networks.reflection import reflect, square_margins


class BSN(nn.Module):
    """Blind-spot network that denoises firing rates (B, 1, H, W) in [0, 1]."""

    def __init__(
        self, config: BSNConfig | None = None, input_config: BSNInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or BSNConfig()
        self.input_config = input_config or BSNInputConfig()
        wide = 2 * self.config.width
        self.unet = BlindUNet(1, self.config.width, wide, blind=True)
        self.mix = four_way_mixer(wide)

    def forward(self, rates: Tensor) -> Tensor:
        """Denoised rates of the same shape."""
        height, width = rates.shape[2:]
        top = left = 0
        if self.config.reflect_to_square:
            left, right, top, bottom = square_margins(height, width)
            rates = reflect(rates, left, right, top, bottom)
        features = apply_four_ways(lambda rotated: shift_down(self.unet(rotated)), rates)
        clean: Tensor = self.mix(features)
        return clean[:, :, top : top + height, left : left + width]

"""The simple SSML: self-supervised mutual learning as in SpikeCV (Chen et al., IJCAI 2022).

Two networks learn from each other without true pictures: a blind-spot network, which cannot copy
the noise of a pixel, and a usual U-net, which sees all of it. The U-net alone reconstructs.
2.074848 M parameters, of which the U-net has 0.904176 M.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.blind_unet import BlindUNet, shift_down
from spikecam.networks.configs.ssml_simple import SSMLSimpleConfig
from spikecam.networks.four_ways import apply_four_ways, four_way_mixer
from spikecam.networks.reflection import square_margins
from spikecam.networks.spikes_input import SpikesInputConfig


class SSMLSimple(nn.Module):
    """Self-supervised reconstruction network (SSML as in SpikeCV).

    ``forward`` takes spikes (B, T, H, W), 0 or 1, H and W at least 4, and gives the firing rate in
    their middle, (B, 1, H, W), not clipped, by the U-net. Odd sizes are filled with zeros behind
    each doubling. ``blind`` is the blind-spot network of the same input and output, or None.

    Attributes:
        multiple: at multiples of so many pixels, tiles begin at whole pixels of all grids.
    """

    multiple = 4

    def __init__(
        self,
        config: SSMLSimpleConfig | None = None,
        input_config: SpikesInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config or SSMLSimpleConfig()
        self.input_config = input_config or SpikesInputConfig()
        window, width = self.config.window, self.config.width
        self.nonblind = BlindUNet(window, width, 1, blind=False)
        self.blind = BlindSpotNet(window, width) if self.config.blind else None

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most."""
        return self.nonblind.receptive_radius

    def forward(self, spikes: Tensor) -> Tensor:
        """Firing rates in the middle of windows of spikes."""
        rates: Tensor = self.nonblind(spikes)
        return rates


class BlindSpotNet(nn.Module):
    """Blind-spot network of spikes (B, T, H, W) to rates (B, 1, H, W).

    What is not square is put into the middle of a square of zeros, and cut out again.
    """

    def __init__(self, window: int, width: int) -> None:
        super().__init__()
        self.unet = BlindUNet(window, width, 2 * width, blind=True)
        self.mix = four_way_mixer(2 * width)

    def forward(self, spikes: Tensor) -> Tensor:
        """Rates of pixels, estimated from their surroundings alone."""
        height, width = spikes.shape[2:]
        left, right, top, bottom = square_margins(height, width)
        square = functional.pad(spikes, (left, right, top, bottom))
        features = apply_four_ways(lambda rotated: shift_down(self.unet(rotated)), square)
        rates: Tensor = self.mix(features)
        return rates[:, :, top : top + height, left : left + width]

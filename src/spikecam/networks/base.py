"""The base network of Spike-Zoo: five convolutions of spike frames.

It has neither normalisation nor alignment: what other networks are compared with. 0.180705 M
parameters.
"""

from __future__ import annotations

from torch import Tensor, nn

from spikecam.networks.configs.base import BaseConfig
from spikecam.networks.conv_stack import conv_stack
from spikecam.networks.spikes_input import SpikesInputConfig


class BaseNet(nn.Module):
    """Five convolutions (Spike-Zoo).

    ``forward`` takes spikes (B, T, H, W), 0 or 1, of any height and width, and gives the firing
    rate in their middle, (B, 1, H, W), not clipped. Nothing is padded but by the zeros of the
    convolutions.
    """

    def __init__(
        self, config: BaseConfig | None = None, input_config: SpikesInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or BaseConfig()
        self.input_config = input_config or SpikesInputConfig()
        self.chain = conv_stack(self.config.window, *self.config.widths, 1)

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most."""
        return len(self.config.widths) + 1

    def forward(self, spikes: Tensor) -> Tensor:
        """Firing rates in the middle of windows of spikes."""
        rates: Tensor = self.chain(spikes)
        return rates

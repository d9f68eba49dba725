"""Configuration of the autoencoder."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.errors import OptionError
from spikecam.networks.sizes import check_least

# Pixels a side that become one latent.
STRIDE = 8


@dataclass(frozen=True)
class AutoencoderConfig:
    """Size of the network.

    Attributes:
        channels: of the latents.
        width: channels a quarter as fine.
        deep_width: channels an eighth as fine.
        blocks: residual blocks a quarter as fine, either way.
        deep_blocks: residual blocks an eighth as fine, either way.
    """

    channels: int = 16
    width: int = 64
    deep_width: int = 160
    blocks: int = 3
    deep_blocks: int = 2

    def __post_init__(self) -> None:
        check_least(self, channels=1, width=1, deep_width=1, blocks=0, deep_blocks=0)
        if self.channels > 3 * STRIDE**2:
            raise OptionError(
                f"channels are at most {3 * STRIDE**2}, the values in a block of pixels, not "
                f"{self.channels}"
            )

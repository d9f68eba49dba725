"""Declaration of the autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, InputConfig
from spikecam.networks.config_checks import check_minimum

# Pixels a side that become one latent.
STRIDE = 8


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of the autoencoder.

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
        check_minimum(self, channels=1, width=1, deep_width=1, blocks=0, deep_blocks=0)
        if self.channels > 3 * STRIDE**2:
            raise OptionError(
                f"channels are at most {3 * STRIDE**2}, the values in a block of pixels, not "
                f"{self.channels}"
            )


@dataclass(frozen=True)
class AutoencoderInputConfig(InputConfig):
    """Constants of the input of the autoencoder.

    The input is pictures in [0, 1], RGB, continued to whole blocks of 8 x 8 pixels.
    """

    kind: ClassVar[str] = "picture"


ARCHITECTURE = Architecture(
    kind="autoencoder",
    config=AutoencoderConfig,
    input_config=AutoencoderInputConfig,
    module="spikecam.networks.autoencoder:Autoencoder",
    channels_last=False,
)

"""Declaration of SpikeGen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, InputConfig
from spikecam.networks.config_checks import check_minimum

# Frames, and pixels a side, that become one.
STRIDE = 8


@dataclass(frozen=True)
class SpikeGenConfig:
    """Sizes of SpikeGen, by default the published ones (Table 5; 512 features, 3.2).

    The paper does not give the spike encoder's first channels, nor the size of the head: ours are
    128 and 256, and those of MAR.

    Attributes:
        channels: of the latents.
        width: of the transformer's tokens.
        depth, decoder_depth: blocks of its two halves.
        heads: of its attention.
        mlp_ratio: width of its perceptrons in that of tokens.
        rotary_base: of the frequencies of the rotary positions.
        spike_channels: of the spike encoder's convolutions; the last is that of the features.
        head_width, head_blocks: of the head.
        detail_width: channels of the `DetailEncoder`; 0, as published, leaves out all that is ours:
            it, the residual of the autoencoder, and that the spike encoder has eight of all frames.
        frames: of spikes that it is trained with, a multiple of 8.
        training_tokens: tokens a side of the pictures that it is trained with.
        autoencoder: fingerprint of the autoencoder whose latents these are.
    """

    channels: int = 16
    width: int = 768
    depth: int = 12
    decoder_depth: int = 12
    heads: int = 12
    mlp_ratio: float = 4.0
    rotary_base: float = 10000.0
    spike_channels: tuple[int, int, int] = (128, 256, 512)
    head_width: int = 1024
    head_blocks: int = 3
    detail_width: int = 0
    frames: int = 8
    training_tokens: int = 32
    autoencoder: str = ""

    def __post_init__(self) -> None:
        check_minimum(self, channels=1, width=4, depth=1, decoder_depth=1, heads=1)
        check_minimum(self, head_width=1, head_blocks=0, detail_width=0, frames=STRIDE)
        check_minimum(self, training_tokens=1)
        if self.width % (4 * self.heads):
            raise OptionError(
                f"width is a multiple of 4 times the heads, not {self.width} with {self.heads}"
            )
        if not (self.mlp_ratio > 0 and self.rotary_base > 1):
            raise OptionError("mlp_ratio is a number above 0, and rotary_base one above 1")
        if self.frames % STRIDE:
            raise OptionError(f"frames are a multiple of {STRIDE}, not {self.frames}")
        if len(self.spike_channels) != 3 or min(self.spike_channels) < 1:
            raise OptionError(f"spike_channels are three numbers from 1, not {self.spike_channels}")


# The published one, and two that are trained without a cluster.
SIZES = {
    "base": SpikeGenConfig(),
    "small": SpikeGenConfig(
        width=384,
        depth=6,
        decoder_depth=6,
        heads=6,
        spike_channels=(48, 96, 256),
        head_width=512,
        detail_width=96,
    ),
    "tiny": SpikeGenConfig(
        width=256,
        depth=4,
        decoder_depth=4,
        heads=4,
        spike_channels=(24, 64, 192),
        head_width=256,
        detail_width=64,
    ),
}


@dataclass(frozen=True)
class SpikeGenInputConfig(InputConfig):
    """Constants of the input of SpikeGen.

    The input is a dense picture, the spikes around a moment, and their gain.

    Attributes:
        white_quantile: of the firing rates of spikes alone, that is shown as ``white_level``.
        white_level: brightness of that quantile in the dense picture of spikes alone.
        max_gain: largest brightness of one spike a frame, for pixels that hardly fire.
        min_rate: smallest mean firing rate that a gain is taken of.
    """

    kind: ClassVar[str] = "dense-picture-and-spikes"

    white_quantile: float = 0.99
    white_level: float = 0.9
    max_gain: float = 50.0
    min_rate: float = 1e-4

    def __post_init__(self) -> None:
        if not (0 < self.white_quantile <= 1 and 0 < self.white_level <= 1):
            raise OptionError("white_quantile and white_level are shares above 0 and up to 1")
        if min(self.max_gain, self.min_rate) <= 0:
            raise OptionError("max_gain and min_rate are numbers above 0")


ARCHITECTURE = Architecture(
    kind="spikegen",
    config=SpikeGenConfig,
    input_config=SpikeGenInputConfig,
    module="spikecam.networks.spikegen:SpikeGen",
    channels_last=False,
)

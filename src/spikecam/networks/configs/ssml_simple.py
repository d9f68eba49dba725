"""Declaration of the simple SSML."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.architecture import Architecture, PublishedCheckpoint, Shapes
from spikecam.networks.blind_unet_names import mixer_layers, unet_layers
from spikecam.networks.config_checks import check_minimum
from spikecam.networks.spikes_input import SpikesInputConfig


@dataclass(frozen=True)
class SSMLSimpleConfig:
    """Sizes of the simple SSML, by default the published ones.

    Attributes:
        window: spike frames that make one picture.
        width: channels of the encoders; twice as many in the decoders.
        blind: whether the blind-spot network is part of it, which is for training alone. The
            released weights are without it.
    """

    window: int = 41
    width: int = 48
    blind: bool = True

    def __post_init__(self) -> None:
        check_minimum(self, window=1, width=1)


def _infer_config(shapes: Shapes) -> SSMLSimpleConfig:
    width, window = shapes["nonblind.down1.0.conv.weight"][:2]
    blind = any(name.startswith("blind.") for name in shapes)
    return SSMLSimpleConfig(window, width, blind)


ARCHITECTURE = Architecture(
    kind="ssml_simple",
    config=SSMLSimpleConfig,
    input_config=SpikesInputConfig,
    module="spikecam.networks.ssml_simple:SSMLSimple",
    published=PublishedCheckpoint(
        authors="SpikeCV",
        marker=r"(nbsn\.)?enc1\.conv1\.conv",
        layers=(
            *unet_layers("", "nonblind."),  # released alone
            *unet_layers(r"nbsn\.", "nonblind."),
            *unet_layers(r"bsn\.unet\.", "blind.unet."),
            *mixer_layers(r"bsn\.", "blind."),
        ),
        infer_config=_infer_config,
    ),
)

"""Declaration of BSN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, InputConfig, PublishedCheckpoint, Shapes
from spikecam.networks.blind_unet_names import mixer_layers, unet_layers
from spikecam.networks.config_checks import check_minimum


@dataclass(frozen=True)
class BSNConfig:
    """Sizes of BSN, by default the published ones.

    Attributes:
        width: channels of the encoder; twice as many in the decoder.
        reflect_to_square: pictures that are not square are reflected to the larger side, in the
            middle, and cut again, as published. A pixel near such an edge has a twin beyond it,
            which the network sees: not blind there. Without it any shape is taken as it is, and
            blind.
    """

    width: int = 48
    reflect_to_square: bool = True

    def __post_init__(self) -> None:
        check_minimum(self, width=1)


@dataclass(frozen=True)
class BSNInputConfig(InputConfig):
    """Constants of the input of BSN.

    The input is firing rates in a short window, brought to the brightness of the blurry picture.

    Attributes:
        window: odd number of frames.
    """

    kind: ClassVar[str] = "short-window-rates"

    window: int = 9

    def __post_init__(self) -> None:
        check_minimum(self, window=1)
        if self.window % 2 == 0:
            raise OptionError(f"the window of BSN is an odd number of frames, not {self.window}")


def _infer_config(shapes: Shapes) -> BSNConfig:
    return BSNConfig(width=shapes["mix.4.weight"][1] // 2)


ARCHITECTURE = Architecture(
    kind="bsn",
    config=BSNConfig,
    input_config=BSNInputConfig,
    module="spikecam.networks.bsn:BSN",
    published=PublishedCheckpoint(
        authors="SpikeReveal",
        marker=r"nin_A",
        layers=(*mixer_layers(), *unet_layers(r"unet\.", "unet.")),
        infer_config=_infer_config,
    ),
)

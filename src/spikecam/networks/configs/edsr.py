"""Declaration of EDSR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.networks.architecture import (
    Architecture,
    InputConfig,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.config_checks import check_minimum


@dataclass(frozen=True)
class EDSRConfig:
    """Sizes of EDSR, by default the published ones.

    Attributes:
        channels: of every layer.
        blocks: residual blocks.
        doublings: of the resolution.
    """

    channels: int = 64
    blocks: int = 16
    doublings: int = 2

    def __post_init__(self) -> None:
        check_minimum(self, channels=1, blocks=0, doublings=1)


@dataclass(frozen=True)
class EDSRInputConfig(InputConfig):
    """Constants of the input of EDSR.

    The input is firing rates, brought to the brightness of the blurry picture.
    """

    kind: ClassVar[str] = "rates"


def _infer_config(shapes: Shapes) -> EDSRConfig:
    return EDSRConfig(
        channels=shapes["head.weight"][0],
        blocks=count_layers(shapes, "blocks"),
        # Each doubling is a convolution and a shuffle, which has no weights.
        doublings=(count_layers(shapes, "up") + 1) // 2,
    )


ARCHITECTURE = Architecture(
    kind="edsr",
    config=EDSRConfig,
    input_config=EDSRInputConfig,
    module="spikecam.networks.edsr:EDSR",
    published=PublishedCheckpoint(
        authors="SpikeReveal",
        marker=r"sub_mean",
        layers=(
            (r"sub_mean", "subtract_mean"),
            (r"add_mean", "add_mean"),
            (r"head\.0", "head"),
            (r"body\.(\d+)\.body\.0", r"blocks.\1.first"),
            (r"body\.(\d+)\.body\.2", r"blocks.\1.second"),
            # Behind the last block, however many there are.
            (r"body\.\d+", "last"),
            (r"tail\.0\.(\d)", r"up.\1"),
            (r"tail\.1", "predict"),
        ),
        infer_config=_infer_config,
    ),
)

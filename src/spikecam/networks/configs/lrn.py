"""Declaration of LRN, the network of SpikeCLIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.networks.architecture import (
    Architecture,
    InputConfig,
    PublishedCheckpoint,
    Shapes,
)
from spikecam.networks.config_checks import check_all_minimum, check_minimum


@dataclass(frozen=True)
class LRNConfig:
    """Sizes of LRN, by default the published ones.

    Attributes:
        planes: sums of frames that make one picture.
        widths: channels between the five convolutions.
        margin: pixels by which the input is mirrored beyond its edges, and the picture cut again: 0
            as its authors do, 20 in Spike-Zoo. Without it the picture is darker or brighter near
            its edges.
    """

    planes: int = 50
    widths: tuple[int, ...] = (64, 128, 64, 16)
    margin: int = 0

    def __post_init__(self) -> None:
        check_minimum(self, planes=1, margin=0)
        check_all_minimum(self, "widths", 1, count=4)


@dataclass(frozen=True)
class LRNInputConfig(InputConfig):
    """Constants of the input of LRN.

    The input is sums of successive spike frames, not divided.

    Attributes:
        frames: in every sum.
    """

    kind: ClassVar[str] = "frame-sums"

    frames: int = 4

    def __post_init__(self) -> None:
        check_minimum(self, frames=1)


def _infer_config(shapes: Shapes) -> LRNConfig:
    return LRNConfig(
        planes=shapes["chain.0.weight"][1],
        widths=tuple(shapes[f"chain.{2 * i}.weight"][0] for i in range(4)),
    )


ARCHITECTURE = Architecture(
    kind="lrn",
    config=LRNConfig,
    input_config=LRNInputConfig,
    module="spikecam.networks.lrn:LRN",
    published=PublishedCheckpoint(
        authors="SpikeCLIP",
        marker=r"0\.0",
        layers=(
            *((rf"{i}\.0", f"chain.{2 * i}") for i in range(4)),
            (r"4", "chain.8"),
        ),
        infer_config=_infer_config,
    ),
)

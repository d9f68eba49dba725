"""Declaration of the base network."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.architecture import Architecture, PublishedCheckpoint, Shapes
from spikecam.networks.config_checks import check_all_minimum, check_minimum
from spikecam.networks.spikes_input import SpikesInputConfig


@dataclass(frozen=True)
class BaseConfig:
    """Sizes of the base network, by default the published ones.

    Attributes:
        window: spike frames that make one picture.
        widths: channels between the five convolutions.
    """

    window: int = 41
    widths: tuple[int, ...] = (64, 128, 64, 16)

    def __post_init__(self) -> None:
        check_minimum(self, window=1)
        check_all_minimum(self, "widths", 1, count=4)


def _infer_config(shapes: Shapes) -> BaseConfig:
    return BaseConfig(
        window=shapes["chain.0.weight"][1],
        widths=tuple(shapes[f"chain.{2 * i}.weight"][0] for i in range(4)),
    )


ARCHITECTURE = Architecture(
    kind="base",
    config=BaseConfig,
    input_config=SpikesInputConfig,
    module="spikecam.networks.base:BaseNet",
    published=PublishedCheckpoint(
        authors="Spike-Zoo",
        marker=r"seq\.4",
        layers=(
            *((rf"seq\.{i}\.0", f"chain.{2 * i}") for i in range(4)),
            (r"seq\.4", "chain.8"),
        ),
        infer_config=_infer_config,
    ),
)

"""Configuration of BSN."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.sizes import check_least


@dataclass(frozen=True)
class BSNConfig:
    """Size of the network; the published one by default.

    Attributes:
        width: channels of the encoder; twice as many in the decoder.
        mirrored: pictures that are not square are mirrored to the larger side, in the middle, and
            cut again, as published. A pixel near such an edge has a twin beyond it, which the
            network sees: not blind there. Without it any shape is taken as it is, and blind.
    """

    width: int = 48
    mirrored: bool = True

    def __post_init__(self) -> None:
        check_least(self, width=1)

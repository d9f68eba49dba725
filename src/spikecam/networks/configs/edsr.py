"""Configuration of EDSR."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.sizes import check_least


@dataclass(frozen=True)
class EDSRConfig:
    """Size of the network; the published one by default.

    Attributes:
        channels: of every layer.
        blocks: residual blocks.
        doublings: of the resolution.
    """

    channels: int = 64
    blocks: int = 16
    doublings: int = 2

    def __post_init__(self) -> None:
        check_least(self, channels=1, blocks=0, doublings=1)

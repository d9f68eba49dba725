"""Configuration of the refiner."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.sizes import check_least


@dataclass(frozen=True)
class RefinerConfig:
    """Size of the network.

    Attributes:
        exposure_maps: maps that describe the exposure as a whole.
        moment_maps: maps that describe one moment, the last of them the logarithm of SDM's ratio.
        width: channels on the grid a quarter as fine as the picture.
        deep_width: channels on the grid an eighth as fine.
        picture_blocks: residual blocks of the picture's branch.
        deep_blocks: residual blocks of the moment's branch, an eighth as fine.
        blocks: residual blocks of the moment's branch, a quarter as fine: two before, the rest
            after the deep ones.
        unfolded: whether the moment's branch sees what SDM changes in the picture, unfolded; it
            could be told from the maps, but for a larger network that is no work.
        trails: whether things are looked up along their way (see `spikecam.deblurring.trails`).
    """

    exposure_maps: int = 19
    moment_maps: int = 19
    width: int = 64
    deep_width: int = 128
    picture_blocks: int = 2
    deep_blocks: int = 3
    blocks: int = 5
    unfolded: bool = True
    trails: bool = True

    def __post_init__(self) -> None:
        least = {"width": 1, "deep_width": 1, "picture_blocks": 0, "deep_blocks": 0, "blocks": 2}
        check_least(self, exposure_maps=1, moment_maps=1, **least)

"""Configuration of the refocuser."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.networks.sizes import check_least


@dataclass(frozen=True)
class RefocuserConfig:
    """Size of the network.

    Attributes:
        width, middle_width, deep_width: channels a half, a quarter and an eighth as fine.
        blocks, middle_blocks, deep_blocks: residual blocks there; of the first two, as many on
            the way up as on the way down.
        score_blocks: residual blocks that score, an eighth as fine.
        score_width: channels of what looks at each map.
    """

    width: int = 48
    middle_width: int = 80
    deep_width: int = 128
    blocks: int = 2
    middle_blocks: int = 4
    deep_blocks: int = 4
    score_blocks: int = 4
    score_width: int = 12

    def __post_init__(self) -> None:
        least = {"blocks": 0, "middle_blocks": 0, "deep_blocks": 0, "score_blocks": 0}
        check_least(self, width=1, middle_width=1, deep_width=1, score_width=1, **least)


# The small one is for slow processors.
SIZES = {
    "base": RefocuserConfig(),
    "small": RefocuserConfig(
        width=24, middle_width=32, deep_width=64, blocks=1, deep_blocks=2, score_width=8
    ),
}

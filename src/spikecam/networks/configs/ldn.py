"""Configuration of LDN."""

from __future__ import annotations

from dataclasses import dataclass

from spikecam.errors import OptionError
from spikecam.networks.sizes import check_least


@dataclass(frozen=True)
class LDNConfig:
    """Size of the network; the published one by default.

    Attributes:
        window: spike frames that make one picture.
        width: channels at half of the picture's resolution; twice as many at a quarter.
        reduction: by how much channel attention narrows.
        blocks: residual blocks.
    """

    window: int = 21
    width: int = 16
    reduction: int = 16
    blocks: int = 2

    def __post_init__(self) -> None:
        check_least(self, window=1, width=1, reduction=1, blocks=0)
        if self.reduction > 4 * self.width:
            raise OptionError(
                f"{4 * self.width} channels cannot be narrowed {self.reduction} times; choose a "
                "smaller reduction"
            )

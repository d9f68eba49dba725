"""Refocuser: firing rates over several lengths of time to one picture in focus; ours.

The main paper of "Seeing Through Blur" does not publish its network in full; this one keeps what
the supplement says of it: potentials at several time scales go in, one sharp picture comes out, and
it has less than 9.5 million parameters. It is a residual network on grids a half, a quarter and an
eighth as fine as the picture, where convolutions cost little and see far: discs of defocus are
many pixels wide. At every place it mixes the maps that it is given, most of them deconvolved by
discs of several sizes, and adds what none of them has. It sees everything as bright as if the scene
were of a medium light, so that one network serves the dark and the bright.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.residual import Residual
from spikecam.networks.sizes import check_least

# Pixels a side to one place of the finest grid, and of the coarsest: sides are multiples of it.
FINE, COARSE = 2, 8
# Maps: the rates of four spans, twenty-four deconvolutions, and the exact rate.
MAPS = 29
# The mean that the network sees.
_MEDIUM = 0.4
# A scene darker than this mean rate is not made any brighter.
_DARKEST = 2e-3
# Frames of a middling span, for the logarithm that tells their number.
_MIDDLING = 100.0


@dataclass(frozen=True)
class RefocuserConfig:
    """Size of the network.

    Attributes:
        width, middle_width, deep_width: channels a half, a quarter and an eighth as fine.
        blocks, middle_blocks, deep_blocks: residual blocks there; of the first two, either way.
    """

    width: int = 64
    middle_width: int = 64
    deep_width: int = 128
    blocks: int = 2
    middle_blocks: int = 4
    deep_blocks: int = 8

    def __post_init__(self) -> None:
        least = {"blocks": 0, "middle_blocks": 0, "deep_blocks": 0}
        check_least(self, width=1, middle_width=1, deep_width=1, **least)


# The small one is for slow processors.
SIZES = {
    "base": RefocuserConfig(),
    "small": RefocuserConfig(width=32, middle_width=32, deep_width=64, blocks=1, deep_blocks=4),
}


class Refocuser(nn.Module):
    """The network; see the module's description. Pictures have sides that are multiples of 8."""

    def __init__(self, config: RefocuserConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or RefocuserConfig()
        width, middle, deep = config.width, config.middle_width, config.deep_width
        # The maps unfolded, how bright the scene is, and how long it was looked at.
        self.seen = nn.Conv2d(MAPS * FINE**2 + 2, width, 3, padding=1)
        self.before = _blocks(width, config.blocks)
        self.down = nn.Conv2d(width, middle, 4, stride=2, padding=1)
        self.middle_before = _blocks(middle, config.middle_blocks)
        self.middle_down = nn.Conv2d(middle, deep, 4, stride=2, padding=1)
        self.deep = _blocks(deep, config.deep_blocks)
        self.middle_up = _doubled(deep, middle)
        self.middle_after = _blocks(middle, config.middle_blocks)
        self.up = _doubled(middle, width)
        self.after = _blocks(width, config.blocks)
        # What is added to each pixel, and how much of every other map replaces the exact rate.
        self.predict = nn.Conv2d(width, FINE**2 + MAPS - 1, 3, padding=1)
        # Untrained, it gives the exact rate.
        nn.init.zeros_(self.predict.weight)
        nn.init.zeros_(torch.as_tensor(self.predict.bias))

    @property
    def reach(self) -> int:
        """How many pixels away something can lie and still matter."""
        config = self.config
        fine = 2 * 2 * config.blocks + 2 + 2
        middle = 2 * 2 * config.middle_blocks + 2
        deep = 2 * config.deep_blocks + 1
        return FINE * fine + 2 * FINE * middle + COARSE * deep

    def forward(self, rates: Tensor, brightness: Tensor, frames: Tensor) -> Tensor:
        """Rates of the scene in focus, (B, 1, H, W), not clipped.

        Args:
            rates: maps as `spikecam.reconstruction.integrations` makes them, (B, 29, H, W): the
                exact rate is the last.
            brightness: the mean rate of the whole scene, (B,); parts of it are seen alike.
            frames: of the longest span, (B,).
        """
        gain = (_MEDIUM / brightness.clamp(min=_DARKEST))[:, None, None, None]
        unfolded = functional.pixel_unshuffle(rates, FINE)
        told = torch.stack([gain.flatten().log(), (frames / _MIDDLING).log()], dim=1)
        told = told[:, :, None, None].expand(-1, -1, *unfolded.shape[2:])
        seen = torch.cat([4 * (unfolded * gain - _MEDIUM), told], dim=1)
        fine = self.before(self.seen(seen))
        middle = self.middle_before(self.down(fine))
        middle = self.middle_after(middle + self.middle_up(self.deep(self.middle_down(middle))))
        found = self.predict(self.after(fine + self.up(middle))).float()
        added, shares = found.split([FINE**2, MAPS - 1], dim=1)
        maps = unfolded.reshape(len(rates), MAPS, FINE**2, *unfolded.shape[2:])
        exact = maps[:, -1]
        mixed = (shares[:, :, None] * (maps[:, :-1] - exact[:, None])).sum(1)
        sharp: Tensor = functional.pixel_shuffle(exact + mixed + 0.25 * added / gain, FINE)
        return sharp


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Residual(channels) for _ in range(count)))


def _doubled(channels: int, out: int) -> nn.Sequential:
    """Twice as fine: a convolution of one place, unfolded."""
    return nn.Sequential(nn.Conv2d(channels, 4 * out, 1), nn.PixelShuffle(2))

"""Refocuser: firing rates over several lengths of time to one picture in focus; ours.

The main paper of "Seeing Through Blur" does not publish its network in full; this one keeps what
the supplement says of it: potentials at several time scales go in, one sharp picture comes out, and
it has less than 9.5 million parameters. It is a residual network on grids a half, a quarter and an
eighth as fine as the picture, where convolutions cost little and see far: discs of defocus are
many pixels wide. Most of the maps that it is given are deconvolved by discs of several sizes, each
right where the scene is blurred by that disc: one small network looks at every map in the same way,
what it finds in all of them scores the maps from place to place, and they are mixed accordingly.
Then what no map has is added. It sees everything as bright as if the scene were of a medium light,
so that one network serves the dark and the bright.
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
# Maps: the rates of four spans; and those that are mixed, twenty-four deconvolutions and the exact
# rate.
SPANS, MIXED = 4, 25
MAPS = SPANS + MIXED
# The mean that the network sees, and how far what is about it is stretched.
_MEDIUM, _STRETCH = 0.4, 4.0
# Below this mean rate the gain stays what it is there.
_DARKEST = 2e-3
# The untrained score of the exact rate.
_EXACTLY = 1.0
# Frames of a middling span, for the logarithm that tells their number.
_MIDDLING = 100.0


@dataclass(frozen=True)
class RefocuserConfig:
    """Size of the network.

    Attributes:
        width, middle_width, deep_width: channels a half, a quarter and an eighth as fine.
        blocks, middle_blocks, deep_blocks: residual blocks there; of the first two, as many on
            the way up as on the way down.
        score_width: channels of what looks at each map.
    """

    width: int = 64
    middle_width: int = 64
    deep_width: int = 128
    blocks: int = 2
    middle_blocks: int = 4
    deep_blocks: int = 8
    score_width: int = 12

    def __post_init__(self) -> None:
        least = {"blocks": 0, "middle_blocks": 0, "deep_blocks": 0}
        check_least(self, width=1, middle_width=1, deep_width=1, score_width=1, **least)


# The small one is for slow processors.
SIZES = {
    "base": RefocuserConfig(),
    "small": RefocuserConfig(
        width=32, middle_width=32, deep_width=64, blocks=1, deep_blocks=4, score_width=8
    ),
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
        self.each = _looking(config.score_width)
        self.join = nn.Conv2d(MIXED * config.score_width, deep, 1)
        self.score = nn.Conv2d(deep, MIXED, 1)
        self.mixed = nn.Conv2d(FINE**2, width, 3, padding=1)
        self.predict = nn.Conv2d(width, FINE**2, 3, padding=1)
        # Untrained, it adds nothing to a mix in which the exact rate counts most.
        for last in (self.score, self.predict):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(torch.as_tensor(last.bias))
        torch.as_tensor(self.score.bias).data[-1] = _EXACTLY

    @property
    def reach(self) -> int:
        """How many pixels away something can lie and still matter."""
        config = self.config
        fine = 2 * 2 * config.blocks + 2 + 2
        middle = 2 * 2 * config.middle_blocks + 2
        # Scores are of cells, and smooth from one to the next.
        deep = 2 * config.deep_blocks + 2
        return FINE * fine + 2 * FINE * middle + COARSE * deep

    def forward(self, rates: Tensor, brightness: Tensor, frames: Tensor) -> Tensor:
        """Rates of the scene in focus, (B, 1, H, W), not clipped.

        Args:
            rates: maps as `spikecam.reconstruction.integrations` makes them, (B, 29, H, W): the
                exact rate is the last.
            brightness: the mean rate of the whole scene, (B,); parts of it are seen alike.
            frames: of the longest span, (B,).
        """
        return self.scored(rates, brightness, frames)[0]

    def scored(self, rates: Tensor, brightness: Tensor, frames: Tensor) -> tuple[Tensor, ...]:
        """As `forward`; the mix alone, likewise; and scores, (B, 25, H / 8, W / 8).

        Scores are logarithms of each of the last 25 maps' share in the mix, up to a constant.
        """
        gain = (_MEDIUM / brightness.clamp(min=_DARKEST))[:, None, None, None]
        seen = _STRETCH * (rates * gain - _MEDIUM)
        unfolded = functional.pixel_unshuffle(seen, FINE)
        told = torch.stack([gain.flatten().log(), (frames / _MIDDLING).log()], dim=1)
        told = told[:, :, None, None].expand(-1, -1, *unfolded.shape[2:])
        fine = self.before(self.seen(torch.cat([unfolded, told], dim=1)))
        middle = self.middle_before(self.down(fine))
        deep = self.deep(self.middle_down(middle) + self._looked(seen))
        scores = self.score(deep).float()
        mix = _mixed(unfolded, scores)
        middle = self.middle_after(middle + self.middle_up(deep))
        fine = fine + self.up(middle) + self.mixed(mix - unfolded[:, -(FINE**2) :])
        added = self.predict(self.after(fine)).float()
        sharp, mix = (
            (functional.pixel_shuffle(one, FINE) / _STRETCH + _MEDIUM) / gain
            for one in (mix + added, mix)
        )
        return sharp, mix, scores

    def _looked(self, seen: Tensor) -> Tensor:
        """What each of the maps that are mixed looks like, (B, deep, H / 8, W / 8)."""
        count, height, width = len(seen), *seen.shape[2:]
        found = self.each(seen[:, SPANS:].reshape(count * MIXED, 1, height, width))
        joined: Tensor = self.join(found.reshape(count, -1, *found.shape[2:]))
        return joined


def _mixed(unfolded: Tensor, scores: Tensor) -> Tensor:
    """The mix of the maps, unfolded: (B, 4, H / 2, W / 2)."""
    shares = functional.interpolate(scores.softmax(1), scale_factor=COARSE // FINE, mode="bilinear")
    maps = unfolded.reshape(len(unfolded), MAPS, FINE**2, *unfolded.shape[2:])[:, SPANS:]
    return (shares[:, :, None] * maps).sum(1)


def _looking(channels: int) -> nn.Sequential:
    """Three convolutions of stride 2, to cells of eight pixels."""
    return nn.Sequential(
        nn.Conv2d(1, channels, 5, stride=2, padding=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, channels, 3, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels, channels, 3, stride=2, padding=1),
        nn.ReLU(inplace=True),
    )


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Residual(channels) for _ in range(count)))


def _doubled(channels: int, out: int) -> nn.Sequential:
    """Twice as fine: a 1x1 convolution, shuffled."""
    return nn.Sequential(nn.Conv2d(channels, 4 * out, 1), nn.PixelShuffle(2))

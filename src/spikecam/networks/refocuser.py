"""Refocuser: firing rates over several lengths of time to one picture in focus; ours.

The main paper of "Seeing Through Blur" does not publish its network in full; this one keeps what
the supplement says of it: potentials at several time scales go in, one sharp picture comes out, and
it has less than 9.5 million parameters.

It works in two steps. The first says how far out of focus each place is, in cells of eight
pixels: it scores deconvolutions by discs of several sizes, of several strengths, by what one small
network finds in each of them and by how much there is of each frequency. By these scores they are
mixed; beside the mix stand, for each strength, those of the discs that are likely at a place, and,
of the middle strength, those of the next smaller and larger discs. So the second step, a residual
network on grids a half, a quarter and an eighth as fine as the picture, is given everywhere what is
right there, whatever the disc, and adds what no deconvolution has. It sees everything as bright as
if the scene were of a medium light, so that one network serves the dark and the bright.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.refocuser import RefocuserConfig
from spikecam.networks.residual import Residual

# Pixels a side to one place of the finest grid, and of the coarsest: sides are multiples of it.
FINE, COARSE = 2, 8
# Maps: the rates of four spans and the exact one; deconvolutions by twelve discs, each in three
# strengths, from weak to strong; the exact rate and these are mixed. Rings of frequencies.
SPANS, DISCS, STRENGTHS, RINGS = 4, 12, 3, 21
MIXED = DISCS * STRENGTHS + 1
# What the second step sees of the maps: the spans, the exact rate, the mix, one map for each
# strength, and the next smaller and larger discs.
_SEEN = SPANS + 2 + STRENGTHS + 2
# The mean that the network sees, and how far what is about it is stretched.
_MEDIUM, _STRETCH = 0.4, 4.0
# Below this mean rate the gain stays what it is there.
_DARKEST = 2e-3
# The untrained score of the exact rate.
_EXACTLY = 1.0
# Frames of a middling span, for the logarithm that tells their number.
_MIDDLING = 100.0
# Cells a side over which energies are averaged, and what is nothing to them; how their logarithms
# are scaled.
_NEAR, _WIDE = 3, 11
_NOTHING, _SCALE, _SHIFT = 1e-7, 1 / 3, 2.5
# How far the blocks that score see, one after another.
_DILATIONS = (1, 2, 4, 1)


class Refocuser(nn.Module):
    """The network; see the module's description. Pictures have sides that are multiples of 8."""

    def __init__(self, config: RefocuserConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or RefocuserConfig()
        width, middle, deep = config.width, config.middle_width, config.deep_width
        self.each = _looking(config.score_width)
        self.join = nn.Conv2d(MIXED * config.score_width, deep, 1)
        # Energies near and about, how bright the scene is, and how long it was looked at.
        self.heard = nn.Conv2d(2 * RINGS + 2, deep, 1)
        self.scoring = _blocks(deep, _dilations(config))
        self.score = nn.Conv2d(deep, MIXED, 1)
        # The maps unfolded, the share of each disc and of none, and as above.
        self.seen = nn.Conv2d(_SEEN * FINE**2 + DISCS + 1 + 2, width, 3, padding=1)
        self.before = _blocks(width, [1] * config.blocks)
        self.down = nn.Conv2d(width, middle, 4, stride=2, padding=1)
        self.middle_before = _blocks(middle, [1] * config.middle_blocks)
        self.middle_down = nn.Conv2d(middle, deep, 4, stride=2, padding=1)
        self.deep = _blocks(deep, [1] * config.deep_blocks)
        self.middle_up = _doubled(deep, middle)
        self.middle_after = _blocks(middle, [1] * config.middle_blocks)
        self.up = _doubled(middle, width)
        self.after = _blocks(width, [1] * config.blocks)
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
        deep = 2 * config.deep_blocks + 2
        # Shares are of cells, and smooth from one to the next.
        scoring = sum(one + 1 for one in _dilations(config)) + _WIDE // 2 + 2 + 1
        return FINE * fine + 2 * FINE * middle + COARSE * (deep + scoring)

    def forward(
        self,
        rates: Tensor,
        deconvolved: Tensor,
        energies: Tensor,
        brightness: Tensor,
        frames: Tensor,
    ) -> Tensor:
        """Rates of the scene in focus, (B, 1, H, W), not clipped.

        Args:
            rates: as `spikecam.reconstruction.integrations` makes them, (B, 5, H, W): the exact
                rate is the last.
            deconvolved: what deconvolutions by twelve discs, from small to large, make of it, each
                in three strengths, (B, 36, H, W).
            energies: of rings of its frequencies, as `spikecam.reconstruction.spectrum` has them,
                (B, 21, H / 8, W / 8).
            brightness: the mean rate of the whole scene, (B,); parts of it are seen alike.
            frames: of the longest span, (B,).
        """
        return self.scored(rates, deconvolved, energies, brightness, frames)[0]

    def scored(
        self,
        rates: Tensor,
        deconvolved: Tensor,
        energies: Tensor,
        brightness: Tensor,
        frames: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As `forward`; the mix alone, likewise; and scores, (B, 37, H / 8, W / 8).

        Scores are logarithms of each deconvolution's share in the mix, and of the exact rate's, the
        last, up to a constant.
        """
        gain = (_MEDIUM / brightness.clamp(min=_DARKEST))[:, None, None, None]
        told = torch.stack([gain.flatten().log(), (frames / _MIDDLING).log()], dim=1)
        told = told[:, :, None, None]
        spans, exact, held = (
            _STRETCH * (one * gain - _MEDIUM)
            for one in (rates[:, :SPANS], rates[:, SPANS:], deconvolved)
        )
        found = self._looked(torch.cat([held, exact], dim=1))
        heard = _loudness(energies * gain.square())
        found = found + self.heard(torch.cat([heard, _over(told, heard)], dim=1))
        found = self.scoring(found)
        scores = self.score(found).float()
        shares = scores.softmax(1)
        mix = _mixed(exact, held, shares)
        right, likely = _right(exact, held, shares)
        seen = functional.pixel_unshuffle(torch.cat([spans, exact, mix, right], dim=1), FINE)
        fine = self.before(self.seen(torch.cat([seen, likely, _over(told, seen)], dim=1)))
        middle = self.middle_before(self.down(fine))
        deep = self.deep(self.middle_down(middle) + found)
        middle = self.middle_after(middle + self.middle_up(deep))
        fine = self.after(fine + self.up(middle))
        added = functional.pixel_shuffle(self.predict(fine), FINE).float()
        sharp, mix = ((one / _STRETCH + _MEDIUM) / gain for one in (mix + added, mix))
        return sharp, mix, scores

    def _looked(self, maps: Tensor) -> Tensor:
        """What each of the maps that are mixed looks like, (B, deep, H / 8, W / 8)."""
        found = self.each(maps.flatten(0, 1)[:, None])
        joined: Tensor = self.join(found.reshape(len(maps), -1, *found.shape[2:]))
        return joined


def _mixed(exact: Tensor, held: Tensor, shares: Tensor) -> Tensor:
    """Deconvolutions and the exact rate by their shares in cells, (B, 1, H, W)."""
    here = _finer(shares, COARSE)
    return (here[:, :-1] * held).sum(1, keepdim=True) + here[:, -1:] * exact


def _right(exact: Tensor, held: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """The maps that are right from place to place.

    Returns:
        Of each strength what the likely discs make, and of the middle one what the next smaller and
        larger discs do, (B, 5, H, W); and the shares of no disc and of each, (B, 13, H / 2, W / 2).
    """
    likely = torch.cat([shares[:, -1:], _by_disc(shares[:, :-1]).sum(2)], dim=1)
    here = _finer(likely, COARSE)
    # No disc is the first: all strengths of it are the exact rate.
    none = torch.zeros_like(here[:, :1])
    larger = torch.cat([none, here[:, :-2], here[:, -2:].sum(1, keepdim=True)], dim=1)
    smaller = torch.cat([here[:, :2].sum(1, keepdim=True), here[:, 2:], none], dim=1)
    weighed = [(here, strength) for strength in range(STRENGTHS)]
    weighed += [(other, STRENGTHS // 2) for other in (smaller, larger)]
    bank = _by_disc(held)
    right = [
        weights[:, :1] * exact + (weights[:, 1:] * bank[:, :, strength]).sum(1, keepdim=True)
        for weights, strength in weighed
    ]
    return torch.cat(right, dim=1), _finer(likely, COARSE // FINE)


def _by_disc(maps: Tensor) -> Tensor:
    """(B, 36, h, w) as (B, 12, 3, h, w)."""
    return maps.reshape(len(maps), DISCS, STRENGTHS, *maps.shape[2:])


def _loudness(energies: Tensor) -> Tensor:
    """Logarithms of energies near a cell and about it, (B, 42, h, w)."""
    sizes = (_NEAR, _WIDE)
    means = [functional.avg_pool2d(energies, n, 1, n // 2, count_include_pad=False) for n in sizes]
    return _SCALE * (torch.cat(means, dim=1) + _NOTHING).log() + _SHIFT


def _over(told: Tensor, like: Tensor) -> Tensor:
    """Numbers (B, n, 1, 1) at every place of features."""
    return told.expand(-1, -1, *like.shape[2:])


def _finer(shares: Tensor, times: int) -> Tensor:
    return functional.interpolate(shares, scale_factor=times, mode="bilinear")


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


def _dilations(config: RefocuserConfig) -> list[int]:
    """Of the blocks that score."""
    return [_DILATIONS[i % len(_DILATIONS)] for i in range(config.score_blocks)]


def _blocks(channels: int, dilations: Sequence[int]) -> nn.Sequential:
    """Residual blocks that add nothing yet."""
    blocks = [Residual(channels, dilation) for dilation in dilations]
    for block in blocks:
        nn.init.zeros_(block.second.weight)
        nn.init.zeros_(torch.as_tensor(block.second.bias))
    return nn.Sequential(*blocks)


def _doubled(channels: int, out: int) -> nn.Sequential:
    """Twice as fine: a 1x1 convolution, shuffled."""
    return nn.Sequential(nn.Conv2d(channels, 4 * out, 1), nn.PixelShuffle(2))

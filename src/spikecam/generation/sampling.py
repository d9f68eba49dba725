"""Samples of SpikeGen: conditions of all tokens once, then as many draws as are wanted.

Pictures larger than those of the training are seen in parts of that size, which overlap; where
they do, the conditions of a token are averaged, with weights that fall to nothing towards the edge
of each part. All that follows is for each token alone, or by convolutions, so that no seams are
made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikecam.deblurring.tiles import UNIT, as_tensor, computing, tiles, together
from spikecam.errors import OptionError
from spikecam.generation.inputs import Shown
from spikecam.generation.latents import Codec
from spikecam.networks.diffusion import ddim
from spikecam.networks.spikegen import SCALE, STRIDE, SpikeGen

# Parts share this much of their side with each neighbour, and as many are computed at once.
_SHARED, _TOGETHER = 1 / 3, 4
# Noisy latents that the head sees at once.
_TOKENS = 1 << 15
# DDIM is not asked for more.
_STEPS = 100


@dataclass(frozen=True)
class Sampling:
    """How samples are drawn.

    Attributes:
        mix: g, from 0, what is dense alone, to 1, spikes alone, which have no colours; None for
            0.5, and 0 of a picture alone.
        samples: how many; each is one of the pictures that may have been there.
        steps: of DDIM, 1 to 100; one gives the mean of all that may have been, whatever the noise.
        seed: of all noise; sample k is the same, however many there are.

    Raises:
        OptionError: a value that cannot be.
    """

    mix: float | None = None
    samples: int = 8
    steps: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mix is not None and not 0 <= self.mix <= 1:
            raise OptionError(f"a mix is a number from 0, picture alone, to 1, not {self.mix:g}")
        if self.samples < 1:
            raise OptionError(f"samples are at least 1, not {self.samples}")
        if not 1 <= self.steps <= _STEPS:
            raise OptionError(f"steps are 1 to {_STEPS}, not {self.steps}")
        if self.seed < 0:
            raise OptionError(f"a seed is 0 or more, not {self.seed}")


class Sampler:
    """SpikeGen on its device, with the autoencoder whose latents it works on.

    Args:
        network: in eval mode, on its device.
        codec: the autoencoder, on the same.
        exact: float32 throughout, where bfloat16 would be faster.
    """

    def __init__(self, network: SpikeGen, codec: Codec, *, exact: bool = False) -> None:
        self.network, self.codec, self.exact = network, codec, exact
        self.device = next(network.parameters()).device

    def condition(self, shown: Shown, mix: float) -> tuple[Tensor, Tensor]:
        """What the head is told of each token, (h, w, width), and latents that are added to.

        Args:
            shown: a moment.
            mix: g, 0 for its picture alone to 1 for its spikes alone.
        """
        picture = _padded(as_tensor(shown.picture)).to(self.device)
        size = picture.shape[2:]
        spikes = None if shown.spikes is None or not mix else torch.from_numpy(shown.spikes)
        places = [
            ((torch.arange(n) + 0.5) * (own / whole)).long().clamp(max=own - 1)
            for n, own, whole in zip(
                size,
                (0, 0) if spikes is None else spikes.shape[1:],
                shown.picture.shape[:2],
                strict=True,
            )
        ]
        with computing(self.device, exact=self.exact):
            latents = self._encoded(picture)
            grid = latents.shape[2], latents.shape[3]
            total = torch.zeros(*grid, self.network.config.width, device=self.device)
            weights = torch.zeros(*grid, 1, device=self.device)
            parts = _parts(grid, self.network.config.side)
            side = parts[0][0].stop - parts[0][0].start, parts[0][1].stop - parts[0][1].start
            ramp = _ramp(side).to(self.device)
            share = torch.tensor([mix], device=self.device)
            for first in range(0, len(parts), _TOGETHER):
                chosen = parts[first : first + _TOGETHER]
                seen = torch.cat([latents[:, :, rows, columns] for rows, columns in chosen])
                around = None
                if spikes is not None:
                    around = torch.stack(
                        [
                            spikes[:, places[0][_fine(rows)][:, None], places[1][_fine(columns)]]
                            for rows, columns in chosen
                        ]
                    )
                    around = around.to(self.device).float() * shown.gain
                told = self.network.condition(seen, around, share.expand(len(chosen))).float()
                for (rows, columns), one in zip(chosen, told, strict=True):
                    total[rows, columns] += one * ramp
                    weights[rows, columns] += ramp
            return total / weights, self.network.carried(latents, share)

    def pictures(
        self, condition: tuple[Tensor, Tensor], size: tuple[int, int], sampling: Sampling
    ) -> Iterator[Tensor]:
        """Samples (1, 3, *size), not clipped, one after another.

        Args:
            condition: from `condition`.
            size: height and width of the picture.
            sampling: how they are drawn.
        """
        conditions, carried = condition
        height, width, channels = conditions.shape
        told = conditions.reshape(-1, channels)
        for sample in range(sampling.samples):
            (state,) = np.random.SeedSequence((sampling.seed, sample)).generate_state(1, np.uint64)
            # Drawn on the processor, so that it is the same everywhere.
            lots = torch.Generator().manual_seed(int(state >> np.uint64(1)))
            noise = torch.randn(len(told), self.codec.channels, generator=lots).to(self.device)
            with computing(self.device, exact=self.exact):
                clean = torch.cat(
                    [
                        self._denoised(
                            noise[i : i + _TOKENS], told[i : i + _TOKENS], sampling.steps
                        )
                        for i in range(0, len(told), _TOKENS)
                    ]
                )
                added = clean.reshape(1, height, width, -1).movedim(-1, 1)
                picture = self._decoded(carried + added / SCALE)
            yield picture[:, :, : size[0], : size[1]]

    def _denoised(self, noise: Tensor, told: Tensor, steps: int) -> Tensor:
        *_, clean = ddim(lambda noisy, times: self.network.head(noisy, times, told), noise, steps)
        return clean

    def _encoded(self, picture: Tensor) -> Tensor:
        parts = tiles(picture.shape[2:], None, self.codec.reach)
        (latents,) = together(parts, lambda tile: (self.codec.encode(tile.of(picture)),))
        return latents

    def _decoded(self, latents: Tensor) -> Tensor:
        size = [STRIDE * side for side in latents.shape[2:]]
        parts = tiles(size, None, self.codec.reach)
        (picture,) = together(parts, lambda tile: (self.codec.decode(tile.of(latents)),))
        return picture.float()


def _padded(picture: Tensor) -> Tensor:
    """With sides that are multiples of 8, by repeating the last row and column."""
    down, across = (-side % UNIT for side in picture.shape[2:])
    return functional.pad(picture, (0, across, 0, down), mode="replicate")


def _parts(grid: tuple[int, int], side: int) -> list[tuple[slice, slice]]:
    """Parts of the same size that cover a grid of tokens, overlapping their neighbours."""
    spans = []
    for length in grid:
        own = min(side, length)
        count = 1 + math.ceil((length - own) / max(1, own * (1 - _SHARED)))
        starts = np.linspace(0, length - own, count).round().astype(int)
        spans.append([slice(int(start), int(start) + own) for start in starts])
    return [(rows, columns) for rows in spans[0] for columns in spans[1]]


def _ramp(side: tuple[int, int]) -> Tensor:
    """Weights of the tokens of a part, (h, w, 1), that fall towards its edge."""
    falls = [torch.sin((torch.arange(n) + 0.5) * math.pi / n).square() for n in side]
    return (falls[0][:, None] * falls[1])[..., None]


def _fine(tokens: slice) -> slice:
    return slice(STRIDE * tokens.start, STRIDE * tokens.stop)

"""What SpikeGen's latents leave out: the pixels of the picture, and when the spikes came; ours.

An autoencoder keeps 16 of the 192 numbers in a block of 8 x 8 pixels, those that tell a clean
picture; in one that is noisy or doubled by motion the others tell what is wrong with it. The
published spike encoder divides space by 8 and weighs what is left of time; here time is kept, in
twenty spans, down to a grid a quarter as fine as the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.residual import Residual

# Pixels a side to one place of the finer grid.
_FINE = 4
# Spans of time that spikes are counted in.
_SPANS = 20
# Residual blocks a quarter and an eighth as fine, and how much wider those are.
_BLOCKS, _DEEP_BLOCKS, _WIDER = 3, 2, 2.5
# Mixes further than 1 / 5 from either end show both in full.
_FULL = 5.0
# Where the picture is black, a logarithm ends.
_LEAST_GAIN = 1e-2


class DetailEncoder(nn.Module):
    """A picture and spikes of the same size to features (B, C, H / 8, W / 8).

    Args:
        width: channels a quarter as fine as the picture.
        channels: of the features.
        frames: of spikes that it is trained with.
    """

    def __init__(self, width: int, channels: int, frames: int) -> None:
        super().__init__()
        self.frames = frames
        deep = int(_WIDER * width)
        # The picture, each span beside it, and the gain.
        self.seen = nn.Conv2d((3 + _SPANS) * _FINE**2 + 1, width, 3, padding=1)
        self.layers = nn.Sequential(
            *(Residual(width) for _ in range(_BLOCKS)),
            nn.Conv2d(width, deep, 4, stride=2, padding=1),
            *(Residual(deep) for _ in range(_DEEP_BLOCKS)),
            nn.Conv2d(deep, channels, 3, padding=1),
        )

    def forward(self, picture: Tensor, spikes: Tensor | None, gain: Tensor, mix: Tensor) -> Tensor:
        """Features.

        Args:
            picture: (B, 3, H, W) in [0, 1], sides multiples of 8.
            spikes: (B, T, H, W) times their gain, or None where ``mix`` is 0 throughout. Fewer
                frames than those of the training stand in their middle; before and after them it
                is as bright as on the whole.
            gain: (B,), what one spike is in brightness.
            mix: g, (B,); at 1 the picture, and at 0 the spikes, are not looked at.
        """
        dense = in_full(1 - mix)
        fired = in_full(mix)
        gray = dense * picture.mean(1, keepdim=True)
        counted = (-gray).expand(-1, _SPANS, -1, -1)
        logarithm = torch.zeros_like(fired)
        if spikes is not None:
            counted = fired * self._spans(spikes) - gray
            logarithm = fired * gain.clamp(min=_LEAST_GAIN).log()[:, None, None, None]
        both = torch.cat([2 * dense * (picture - 0.5), counted], dim=1)
        blocks = functional.pixel_unshuffle(both, _FINE)
        noise = logarithm.expand(-1, 1, *blocks.shape[2:])
        features: Tensor = self.layers(self.seen(torch.cat([blocks, noise], dim=1)))
        return features

    def _spans(self, spikes: Tensor) -> Tensor:
        """Rates in each span of time, (B, 20, H, W)."""
        missing = self.frames - spikes.shape[1]
        if missing > 0:
            rate = spikes.mean(1, keepdim=True)
            before = missing // 2
            around = [rate.expand(-1, n, -1, -1) for n in (before, missing - before)]
            spikes = torch.cat([around[0], spikes, around[1]], dim=1)
        return functional.adaptive_avg_pool3d(spikes[:, None], (_SPANS, None, None))[:, 0]


def in_full(share: Tensor) -> Tensor:
    """How much is shown of what has a share (B,) in a mix, (B, 1, 1, 1): from 1 / 5 on, all."""
    return (_FULL * share).clamp(max=1)[:, None, None, None]

"""Encoder of what SpikeGen's latents leave out: pixels, and times of the spikes; ours.

An autoencoder keeps 16 of the 192 numbers in a block of 8 x 8 pixels, those of clean pictures; in
a picture that is noisy or doubled by motion the others hold what is wrong with it. The
published spike encoder divides space by 8 and weighs what is left of time; here time is kept, in
twenty spans, down to a grid a quarter as fine as the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.residual import ResidualBlock

# Pixels of the picture, a side, to one place of the finer grid.
_GRID_PIXELS = 4
# Spans of time that spikes are counted in.
_SPANS = 20
# Residual blocks a quarter and an eighth as fine, and the width of the latter in that of the first.
_BLOCKS, _DEEP_BLOCKS, _DEEP_WIDTH_RATIO = 3, 2, 2.5
# Mixes further than 1 / 5 from either end show both in full.
_SHARE_SLOPE = 5.0
# Floor of the gain inside its logarithm, for black pictures.
_MIN_GAIN = 1e-2


class DetailEncoder(nn.Module):
    """Encoder of a picture and spikes of the same size to features (B, C, H / 8, W / 8).

    Args:
        width: channels a quarter as fine as the picture.
        channels: of the features.
        frames: of spikes that it is trained with.
    """

    def __init__(self, width: int, channels: int, frames: int) -> None:
        super().__init__()
        self.frames = frames
        deep = int(_DEEP_WIDTH_RATIO * width)
        # The picture, each span beside it, and the gain.
        self.stem = nn.Conv2d((3 + _SPANS) * _GRID_PIXELS**2 + 1, width, 3, padding=1)
        self.layers = nn.Sequential(
            *(ResidualBlock(width) for _ in range(_BLOCKS)),
            nn.Conv2d(width, deep, 4, stride=2, padding=1),
            *(ResidualBlock(deep) for _ in range(_DEEP_BLOCKS)),
            nn.Conv2d(deep, channels, 3, padding=1),
        )

    def forward(self, picture: Tensor, spikes: Tensor | None, gain: Tensor, mix: Tensor) -> Tensor:
        """Encode a picture and spikes to features (B, C, H / 8, W / 8).

        Args:
            picture: (B, 3, H, W) in [0, 1], sides multiples of 8.
            spikes: (B, T, H, W) times their gain, or None where ``mix`` is 0 throughout. Fewer
                frames than those of the training stand in their middle; before and after them it
                is as bright as on the whole.
            gain: (B,), what one spike is in brightness.
            mix: g, (B,); at 1 the picture, and at 0 the spikes, are ignored.
        """
        picture_share = saturated_share(1 - mix)
        spike_share = saturated_share(mix)
        gray = picture_share * picture.mean(1, keepdim=True)
        rates = (-gray).expand(-1, _SPANS, -1, -1)
        log_gain = torch.zeros_like(spike_share)
        if spikes is not None:
            rates = spike_share * self._span_rates(spikes) - gray
            log_gain = spike_share * gain.clamp(min=_MIN_GAIN).log()[:, None, None, None]
        both = torch.cat([2 * picture_share * (picture - 0.5), rates], dim=1)
        blocks = functional.pixel_unshuffle(both, _GRID_PIXELS)
        log_gain = log_gain.expand(-1, 1, *blocks.shape[2:])
        features: Tensor = self.layers(self.stem(torch.cat([blocks, log_gain], dim=1)))
        return features

    def _span_rates(self, spikes: Tensor) -> Tensor:
        """Mean of the spikes in each of 20 spans of time, (B, 20, H, W)."""
        missing = self.frames - spikes.shape[1]
        if missing > 0:
            rate = spikes.mean(1, keepdim=True)
            first = missing // 2
            before, after = (rate.expand(-1, n, -1, -1) for n in (first, missing - first))
            spikes = torch.cat([before, spikes, after], dim=1)
        return functional.adaptive_avg_pool3d(spikes[:, None], (_SPANS, None, None))[:, 0]


def saturated_share(share: Tensor) -> Tensor:
    """Shares s (B,) of a mix, saturated: min(1, 5 s), (B, 1, 1, 1)."""
    return (_SHARE_SLOPE * share).clamp(max=1)[:, None, None, None]

"""The teacher of S-SDM: denoised and finer spikes in the formula of SDM (SpikeReveal 3.3.1).

    L(t) = B * SR(BSN(r')) / SR(r)

with B the blurry picture, r' the firing rate in a short window around t and r that of the whole
exposure. What is ours: rates are first brought to the brightness of the blurry picture, so that
the threshold of the sensor falls out before the networks, too; and the quotient is taken with a
little added on both sides, so that dark pixels keep the value of the blurry picture.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

# Added to numerator and denominator of the quotient, in gray from 0 to 1.
_QUOTIENT_EPS = 0.02


class Teacher(nn.Module):
    """Teacher network of S-SDM: a blind-spot network and a super-resolution network in SDM.

    Args:
        bsn: rates (B, 1, H, W) to clean ones.
        sr: rates (B, 1, H, W) to gray pictures (B, 1, 4 H, 4 W).
    """

    def __init__(self, bsn: nn.Module, sr: nn.Module) -> None:
        super().__init__()
        self.bsn, self.sr = bsn, sr

    def forward(self, blur: Tensor, short_rates: Tensor, long_rates: Tensor) -> Tensor:
        """Deblur pictures at several moments.

        Args:
            blur: (B, 3, h, w) in [0, 1].
            short_rates: rates in short windows around F moments, (B, F, H, W).
            long_rates: rates in the exposure, (B, 1, H, W).

        Returns:
            (B, F, 3, h, w) in [0, 1].
        """
        count = short_rates.shape[1]
        gain = brightness_gain(blur, long_rates)
        clean = self.bsn((short_rates * gain).flatten(0, 1)[:, None])
        size = blur.shape[2:]
        sharp = _resize(self.sr(clean), size)
        sharp = sharp.reshape(-1, count, *sharp.shape[1:])
        blurry = _resize(self.sr(long_rates * gain), size)[:, None]
        ratio = (sharp.clamp(0, 1) + _QUOTIENT_EPS) / (blurry.clamp(0, 1) + _QUOTIENT_EPS)
        pictures: Tensor = blur[:, None] * ratio
        return pictures.clamp(0, 1)


def brightness_gain(blur: Tensor, long_rates: Tensor) -> Tensor:
    """Gain that brings firing rates to the mean brightness of the blurry picture, (B, 1, 1, 1)."""
    mean: Tensor = as_gray(blur).mean((2, 3), keepdim=True) / long_rates.mean(
        (2, 3), keepdim=True
    ).clamp(min=1e-4)
    return mean


def as_gray(colours: Tensor) -> Tensor:
    """Convert colour (B, 3, h, w) to gray (B, 1, h, w), weighed as in Spike-GOPRO."""
    weights = colours.new_tensor([0.30, 0.59, 0.11])[:, None, None]
    return (colours * weights).sum(1, keepdim=True)


def _resize(picture: Tensor, size: tuple[int, ...] | torch.Size) -> Tensor:
    """Resize a picture by bicubic interpolation, if it has another size."""
    if picture.shape[2:] == size:
        return picture
    return functional.interpolate(picture, size=tuple(size), mode="bicubic", align_corners=False)

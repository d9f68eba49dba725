"""Perceptual distances of pictures: LPIPS with the weights of a file, else one without weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.io.paths import PathLike
from spikecam.metrics.lpips_network import LPIPS

# Contrast, in gray levels from 0 to 1, below which differences count for less and less.
_MIN_CONTRAST = 0.05
# Bands of the pyramid, and the side of the neighbourhood of their contrast, in pixels.
_BANDS, _NEIGHBOURHOOD = 4, 5
# Weight of what remains when all bands are taken away: it has no contrast to be divided by.
_BASE_WEIGHT = 2.0


class LaplacianDistance(nn.Module):
    """Perceptual distance of two pictures by a Laplacian pyramid.

    It needs no weights.

    After the normalised Laplacian pyramid of Laparra et al. (2016), simplified: both pictures are
    taken apart into bands z of detail, each half as fine as the one before, and every band is
    divided by the contrast around each pixel, as the eye does it,

        y = z / (0.05 + mean of |z| over 5 x 5 pixels),    d = mean over bands of mean |y - y'|
                                                               + 2 mean |x - x'|

    with x what remains after four bands, a sixteenth as fine. Like LPIPS it measures whether
    structure is where it should be more than how strong it is, and is of that size: 0.1 for a shift
    by a pixel, 0.3 for noise of a tenth. It knows nothing of what pictures show.

    Computed in float32, whatever is computed around it.
    """

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Distances (N,) of pictures (N, C, h, w) in [0, 1].

        Pictures have at least 2 x 2 pixels.
        """
        with torch.autocast(one.device.type, enabled=False):
            pair = torch.cat([one.float(), other.float()])
            distances = []
            for _ in range(_BANDS):
                if min(pair.shape[2:]) < 2:
                    break
                lower = functional.avg_pool2d(pair, 2)
                smooth = functional.interpolate(lower, size=pair.shape[2:], mode="bilinear")
                band = pair - smooth
                contrast = functional.avg_pool2d(
                    band.abs(), _NEIGHBOURHOOD, 1, _NEIGHBOURHOOD // 2, count_include_pad=False
                )
                distances.append(_mean_difference(band / (_MIN_CONTRAST + contrast)))
                pair = lower
            return torch.stack(distances).mean(0) + _BASE_WEIGHT * _mean_difference(pair)


def make_perceptual_distance(lpips_files: Sequence[PathLike] = ()) -> nn.Module:
    """Make LPIPS with the weights in these files; without any, `LaplacianDistance`.

    Raises:
        FileError: they are no such files.
    """
    return LPIPS.from_files(*lpips_files) if lpips_files else LaplacianDistance()


def _mean_difference(pair: Tensor) -> Tensor:
    one, other = pair.chunk(2)
    return (one - other).abs().flatten(1).mean(1)

"""How far pictures are apart to the eye: LPIPS where its weights are, else a stand-in of ours."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.io.paths import PathLike
from spikecam.train.lpips import LPIPS

# Contrast, in gray levels from 0 to 1, below which differences count for less and less.
_FLOOR = 0.05
_LEVELS, _AROUND = 4, 5
# What is left when all detail is taken away has no contrast to be divided by.
_LIGHT = 2.0


class Pyramid(nn.Module):
    """Distance of two pictures by their local structure; ours, no weights and no download.

    After the normalised Laplacian pyramid of Laparra et al. (2016), reduced to the least: both
    pictures are taken apart into bands z of detail, each half as fine as the one before, and
    every band is divided by the contrast around each pixel, as the eye does it,

        y = z / (0.05 + mean of |z| over 5 x 5 pixels),    d = mean over bands of mean |y - y'|
                                                               + 2 mean |x - x'|

    with x what is left after four bands, a sixteenth as fine. Like LPIPS it asks whether structure
    is where it should be more than how strong it is, and is of that size: 0.1 for a shift by a
    pixel, 0.3 for noise of a tenth. It knows nothing of what pictures show.

    Computed in float32, whatever is computed around it.
    """

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Distances (N,) of pictures (N, C, h, w) in [0, 1], of at least 2 x 2 pixels."""
        with torch.autocast(one.device.type, enabled=False):
            pair = torch.cat([one.float(), other.float()])
            apart = []
            for _ in range(_LEVELS):
                if min(pair.shape[2:]) < 2:
                    break
                lower = functional.avg_pool2d(pair, 2)
                smooth = functional.interpolate(lower, size=pair.shape[2:], mode="bilinear")
                band = pair - smooth
                around = functional.avg_pool2d(
                    band.abs(), _AROUND, 1, _AROUND // 2, count_include_pad=False
                )
                apart.append(_apart(band / (_FLOOR + around)))
                pair = lower
            return torch.stack(apart).mean(0) + _LIGHT * _apart(pair)


def perceptual(weights: PathLike | None = None) -> nn.Module:
    """The best distance of pictures that can be had without a download.

    LPIPS with the weights of a file; else with those of torchmetrics, which training brings along,
    and of VGG-16, where PyTorch's cache holds them; else `Pyramid`.

    Args:
        weights: a checkpoint of ``lpips.LPIPS(net="vgg")``, or of torchvision's VGG-16 alone;
            .safetensors or .pth.

    Raises:
        FileError: it is no such file.
    """
    package = importlib.util.find_spec("torchmetrics")
    if weights is None:
        features = Path(torch.hub.get_dir()) / "checkpoints" / "vgg16-397923af.pth"
        if package is None or not features.is_file():
            return Pyramid()
        weights = features
    if package is None or package.origin is None:
        return LPIPS.open(weights)
    # What the file holds comes last, and counts.
    layers = Path(package.origin).parent / "functional" / "image" / "lpips_models" / "vgg.pth"
    return LPIPS.open(*([layers] if layers.is_file() else []), weights)


def _apart(pair: Tensor) -> Tensor:
    one, other = pair.chunk(2)
    return (one - other).abs().flatten(1).mean(1)

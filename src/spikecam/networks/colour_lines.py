"""Colour lines: in a small window of a blurry picture, each colour is a line in the gray.

    B_c = a_c G + b_c

Blur mixes the colours of what passes by, and a window holds few things: their mixtures lie on the
line between the colours of two. The sharp picture takes its colour from the line at its own gray Y,
a_c Y + b_c, where a ratio of gray would multiply a colour that is mixed. Fitted by least squares
under a prior that multiplies, as the fast guided filter does it, on a grid a quarter as fine.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.gray import GRAY_WEIGHTS

# Pixels of a cell of the grid, a side, and how often means of 3 x 3 cells are taken: the window has
# a standard deviation of 1.4 cells.
CELL_PIXELS, _PASSES = 4, 3
# Variance of gray at which the prior counts half, and the darkest gray that it divides by.
_PRIOR_VARIANCE, _MIN_GRAY = 1e-4, 0.02
# Mean squared distance from the lines at which they count half.
_SQUARED_DISTANCE = 3e-4
# What the lines at a cell depend on, in cells to each side.
WINDOW_CELLS = _PASSES


def fit_colour_lines(blur: Tensor) -> Tensor:
    """Fit the colour lines of pictures.

    Args:
        blur: (B, 3, h, w) in [0, 1], h and w multiples of 4.

    Returns:
        (B, 7, h / 4, w / 4): slopes a_c, offsets b_c, and the logit of how far to trust them.
    """
    gray = gray_of(blur)
    products = torch.cat([blur, gray, blur * gray, gray.square(), blur.square()], dim=1)
    means = functional.avg_pool2d(products, CELL_PIXELS)
    for _ in range(_PASSES):
        means = functional.avg_pool2d(means, 3, stride=1, padding=1, count_include_pad=False)
    colour, gray, product, gray_square, colour_square = torch.split(means, [3, 1, 3, 1, 3], dim=1)
    variance = (gray_square - gray.square()).clamp(min=0)
    covariance = product - colour * gray
    prior = colour / gray.clamp(min=_MIN_GRAY)
    slope = (covariance + _PRIOR_VARIANCE * prior) / (variance + _PRIOR_VARIANCE)
    distance = colour_square - colour.square() + slope * (slope * variance - 2 * covariance)
    distance = distance.clamp(min=0).mean(1, keepdim=True)
    logit = -torch.log((distance + 1e-3 * _SQUARED_DISTANCE) / _SQUARED_DISTANCE)
    return torch.cat([slope, colour - slope * gray, logit], dim=1)


def colour_by_lines(
    blur: Tensor, ratio: Tensor, lines: Tensor, trust: Tensor | None = None
) -> Tensor:
    """Sharp picture of a ratio of gray, its colours by lines as far as these are to be trusted.

    Args:
        blur: (B, 3, h, w) in [0, 1].
        ratio: sharp to blurry gray, (B, 1, h, w).
        lines: as `fit_colour_lines` gives them.
        trust: added to the logit of the lines, (B, 1, h / 4, w / 4).

    Returns:
        (B, 3, h, w), not clipped.
    """
    slope, offset, logit = torch.split(lines, [3, 3, 1], dim=1)
    logit = logit if trust is None else logit + trust
    weight = torch.sigmoid(logit)
    size = blur.shape[2:]
    scaled = torch.cat([weight * slope, weight * offset, 1 - weight], dim=1)
    upsampled = functional.interpolate(scaled, size=size, mode="bilinear", align_corners=False)
    slope, offset, rest = torch.split(upsampled, [3, 3, 1], dim=1)
    picture: Tensor = ratio * (gray_of(blur) * slope + rest * blur) + offset
    return picture


def gray_of(pictures: Tensor) -> Tensor:
    """Gray of pictures (B, 3, h, w), (B, 1, h, w)."""
    weights = pictures.new_tensor(GRAY_WEIGHTS)[:, None, None]
    return (pictures * weights).sum(1, keepdim=True)

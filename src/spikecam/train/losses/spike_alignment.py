"""Spike-alignment loss: predicted pictures against true spikes, without true ones (SpikeGen 3.3).

The predicted picture, in gray, is scaled to [0, 1] by its minimum and maximum, smoothed by a
Gaussian, raised to a power and given a little noise: a map P of the probability that a pixel fires.
The paper samples spikes of it and compares them with the true ones. A sample has no gradient. Ours
is the expected form: the mean square difference of true spikes s and sampled ones is

    E (s - b)^2 = (s - P)^2 + P (1 - P),    b of Bernoulli(P)

of which the second term, the scatter of sampling itself, does not depend on the true spikes, and is
left out; over T frames the mean of the first is (r - P)^2, r being the rate of the spikes, and what
does not depend on P. Since P has lost all scale, r goes through the same steps, without noise, and
both are compared on a grid a quarter as fine as the picture, which spikes mostly have. All values
are ours: the paper gives none.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.networks.teacher import as_gray

# Pixels a side of the picture to a cell of the grid.
_CELL_PIXELS = 4
# Standard deviation of the Gaussian in cells, exponent, and amplitude of the noise.
_SIGMA, _GAMMA, _NOISE = 0.5, 1.0, 0.01


def alignment_loss(pictures: Tensor, spikes: Tensor, generator: torch.Generator) -> Tensor:
    """Spike-alignment loss: mean square difference of firing probabilities of pictures and spikes.

    Args:
        pictures: (B, 3, h, w), sides multiples of 4.
        spikes: zeros and ones (B, T, h, w), repeated where they are coarser than the picture.
        generator: of the noise.
    """
    rates = spikes.float().mean(1, keepdim=True)
    target = firing_probabilities(rates, generator, noise=0.0)
    return functional.mse_loss(firing_probabilities(as_gray(pictures), generator), target)


def firing_probabilities(
    gray: Tensor, generator: torch.Generator, *, gamma: float = _GAMMA, noise: float = _NOISE
) -> Tensor:
    """Probabilities (B, 1, h / 4, w / 4) that gray pictures (B, 1, h, w) make pixels fire."""
    coarse = functional.avg_pool2d(gray, _CELL_PIXELS)
    low, high = coarse.amin((2, 3), keepdim=True), coarse.amax((2, 3), keepdim=True)
    normed = (coarse - low) / (high - low).clamp(min=1e-3)
    radius = max(1, round(3 * _SIGMA))
    offsets = torch.arange(-radius, radius + 1, device=gray.device) / _SIGMA
    kernel = torch.softmax(-offsets.square() / 2, 0)
    padded = functional.pad(normed, (radius,) * 4, mode="replicate")
    smooth = functional.conv2d(padded, kernel[None, None, None, :])
    smooth = functional.conv2d(smooth, kernel[None, None, :, None])
    # A power below 1 has no slope at zero.
    powered = smooth.clamp(1e-4, 1) ** gamma
    random = torch.rand(powered.shape, generator=generator, device=powered.device)
    return (powered + noise * (2 * random - 1)).clamp(0, 1)

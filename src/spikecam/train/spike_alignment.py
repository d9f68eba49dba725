"""The spike-alignment loss: a picture against true spikes, without any true picture (SpikeGen 3.3).

The predicted picture, in gray, is brought to [0, 1] by its least and greatest value, smoothed by a
Gaussian, raised to a power and given a little noise: a map P of the probability that a pixel fires.
The paper samples spikes of it and compares them with the true ones. A sample has no gradient; ours
is the expected form: the mean square difference of true spikes s and sampled ones is in expectation

    E (s - b)^2 = (s - P)^2 + P (1 - P),    b of Bernoulli(P)

of which the second term, the scatter of sampling itself, knows nothing of the true spikes, and is
left out. Over the T frames of a moment the mean of (s - P)^2 is (r - P)^2 with the rate r of the
spikes, and what does not depend on P.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.teacher import as_gray


@dataclass(frozen=True)
class AlignmentConfig:
    """How pictures become probabilities; the paper names these without values, which are ours.

    Attributes:
        sigma: of the Gaussian, in pixels of the spikes.
        gamma: the power.
        noise: amplitude of the uniform noise.
    """

    sigma: float = 0.5
    gamma: float = 1.0
    noise: float = 0.01

    def __post_init__(self) -> None:
        if not (self.sigma > 0 and self.gamma > 0 and self.noise >= 0):
            raise OptionError("sigma and gamma are numbers above 0, and noise is at least 0")


def probabilities(
    pictures: Tensor, size: tuple[int, int], config: AlignmentConfig, lots: torch.Generator
) -> Tensor:
    """P (B, 1, H, W) of pictures (B, 3, h, w), on the grid (H, W) of the spikes, in [0, 1]."""
    gray = functional.interpolate(as_gray(pictures), size=size, mode="area")
    low, high = gray.amin((2, 3), keepdim=True), gray.amax((2, 3), keepdim=True)
    normed = (gray - low) / (high - low).clamp(min=1e-3)
    reach = max(1, round(3 * config.sigma))
    places = torch.arange(-reach, reach + 1, device=gray.device) / config.sigma
    kernel = torch.softmax(-places.square() / 2, 0)
    padded = functional.pad(normed, (reach,) * 4, mode="replicate")
    smooth = functional.conv2d(padded, kernel[None, None, None, :])
    smooth = functional.conv2d(smooth, kernel[None, None, :, None])
    # The root has no slope at zero.
    powered = smooth.clamp(1e-4, 1) ** config.gamma
    noise = torch.rand(powered.shape, generator=lots, device=powered.device)
    return (powered + config.noise * (2 * noise - 1)).clamp(0, 1)


def alignment_loss(
    pictures: Tensor, spikes: Tensor, config: AlignmentConfig, lots: torch.Generator
) -> Tensor:
    """How far pictures (B, 3, h, w) are from spikes (B, T, H, W), zeros and ones.

    The rate of the spikes is brought to [0, 1] as the picture is: by its least and greatest value,
    after the same Gaussian.
    """
    rate = spikes.float().mean(1, keepdim=True)
    still = AlignmentConfig(config.sigma, 1.0, 0.0)
    size = rate.shape[2], rate.shape[3]
    seen = probabilities(rate.expand(-1, 3, -1, -1), size, still, lots)
    return functional.mse_loss(probabilities(pictures, size, config, lots), seen**config.gamma)

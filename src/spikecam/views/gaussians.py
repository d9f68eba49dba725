"""Scenes of Gaussians (Kerbl et al., 3D Gaussian Splatting, 2023)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float32]


@dataclass(eq=False)
class Gaussians:
    """N Gaussians, by the parameters that are fitted; all arrays are float32 and contiguous.

    Attributes:
        means: centres in the world, (N, 3).
        log_scales: logarithms of the standard deviations along the axes, (N, 3).
        rotations: quaternions w, x, y, z of the axes, (N, 4), of any length above 0.
        opacity_logits: (N,).
        harmonics: spherical harmonics of the colour, (N, (degree + 1)^2, C), with the signs of
            3DGS; C is 3 for RGB, or 1 for gray. The colour is 0.5 more than their sum.
    """

    means: Floats
    log_scales: Floats
    rotations: Floats
    opacity_logits: Floats
    harmonics: Floats

    def __len__(self) -> int:
        return len(self.means)

    @property
    def degree(self) -> int:
        """Degree of the spherical harmonics, 0 to 3."""
        return math.isqrt(self.harmonics.shape[1]) - 1

    def parameters(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """The five arrays, in the order of the attributes."""
        return (
            self.means,
            self.log_scales,
            self.rotations,
            self.opacity_logits,
            self.harmonics,
        )

    @property
    def opacities(self) -> Floats:
        """Opacities in (0, 1), (N,)."""
        return np.asarray(expit(self.opacity_logits), np.float32)

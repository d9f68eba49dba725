"""Gaussians that are not seen, moved to where there is much to see (3DGS-MCMC, Kheradmand 2024).

A Gaussian of opacity o that becomes N at one place looks the same with

    o' = 1 - (1 - o)^(1 / N)
    s' = s o / sum_{i=1}^N sum_{k=0}^{i-1} C(i-1, k) (-1)^k o'^(k+1) / sqrt(k+1)
"""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

from spikecam.views.gaussians import Floats, Gaussians

# Opacity below which a Gaussian is not seen, and the most that are made of one at a time.
MIN_OPACITY, _MAX_COPIES = 0.005, 10


def choose_sources(opacities: Floats, count: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Draw Gaussians to copy, with a probability that rises with their opacity, (count,)."""
    visible = np.flatnonzero(opacities > MIN_OPACITY)
    share = opacities[visible] / opacities[visible].sum()
    return np.asarray(visible[rng.choice(len(visible), count, p=share)])


def split_gaussians(
    gaussians: Gaussians, sources: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """What Gaussians become when they are copied.

    Args:
        gaussians: the scene.
        sources: Gaussians to copy, one as often as it is copied.

    Returns:
        The Gaussians that change, their new opacity logits, and their new logarithms of scales;
        each of their copies has the same.
    """
    changed, copies = np.unique(sources, return_counts=True)
    number = np.minimum(copies + 1, _MAX_COPIES)
    opacity = 1 / (1 + np.exp(-gaussians.opacity_logits[changed].astype(np.float64)))
    opacity = np.clip(opacity, MIN_OPACITY, 1 - 1e-4)
    new = 1 - (1 - opacity) ** (1 / number)
    total = np.zeros_like(new)
    for i in range(1, _MAX_COPIES + 1):
        terms = sum(comb(i - 1, k) * (-1) ** k * new ** (k + 1) / np.sqrt(k + 1) for k in range(i))
        total += np.where(i <= number, terms, 0)
    new = np.clip(new, MIN_OPACITY, 1 - 1e-4)
    scales = gaussians.log_scales[changed] + np.log(opacity / total)[:, None]
    return changed, np.log(new / (1 - new)).astype(np.float32), scales.astype(np.float32)

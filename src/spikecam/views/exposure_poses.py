"""Motion of the camera within the exposure of each of many pictures.

Each picture is the mean of views between two poses, at the start and the end of its exposure, which
are fitted together with the scene; between the two the camera moves evenly. It is the model of
BAD-Gaussians (Zhao et al., 2024).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.views.pose_corrections import PoseCorrections

# Views of an exposure, as in BAD-Gaussians.
_VIEWS = 10
# Exposures of pictures that have numbers in the place of times reach so far to both sides.
_NUMBER_MARGIN = 0.25
# Standard deviation of the first motion, in distances and radians: with none at all both ends of an
# exposure would have the same gradient for ever.
_FIRST_MOTION = 0.001

Exposures = npt.NDArray[np.float64]


def numbered_exposures(count: int) -> Exposures:
    """Exposures of pictures that have numbers in the place of times, around the numbers.

    Returns:
        Start and end of each, (count, 2).
    """
    numbers = np.arange(count, dtype=np.float64)
    return np.stack([numbers - _NUMBER_MARGIN, numbers + _NUMBER_MARGIN], axis=1)


def exposure_times(exposures: Exposures) -> list[tuple[float, ...]]:
    """Times of the views of each exposure, the middles of its equal parts."""
    shares = (np.arange(_VIEWS) + 0.5) / _VIEWS
    times = exposures[:, :1] + np.diff(exposures) * shares
    return [tuple(map(float, row)) for row in times]


def exposure_corrections(
    exposures: Exposures, distance: float, *, seed: int = 0
) -> PoseCorrections:
    """Corrections of the poses at the start and the end of each exposure.

    Args:
        exposures: start and end of each, one after another, (K, 2).
        distance: typical distance of the scene.
        seed: of the first motion, which is small and random.
    """
    corrections = PoseCorrections(exposures.ravel(), distance, degree=1)
    shape = corrections.twists.shape
    motion = np.random.default_rng(seed).normal(scale=_FIRST_MOTION, size=shape)
    corrections.twists += motion.astype(np.float32)
    return corrections

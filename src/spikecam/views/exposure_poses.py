"""Corrections of poses that move each exposure's camera on a line of its own, as BAD-Gaussians.

BAD-Gaussians (Zhao et al., ECCV 2024) gives every blurry photograph a pose at the beginning of its
exposure and one at its end, interpolates between them, and fits both with the scene. Here knots of
`PoseCorrections` are at the first and the last view of each exposure, and between them its twist is
interpolated linearly. Corrections are added to the given path; for the model of BAD-Gaussians, that
stands still during an exposure. Translation and rotation are interpolated each on its own, and not
along a screw: the same to second order of the rotation in an exposure.

Blur does not say which end of an exposure was first, and where the camera stands still, a motion to
either side is equally good. Corrections therefore start at small random twists; they still take
long to grow, and a rough path from elsewhere is worth much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spikecam.views.observations import Observation
from spikecam.views.pose_corrections import PoseCorrections

# Scatter of the twists at the start, in units of the distance and in radians.
_START_TWIST = 1e-3


def exposure_corrections(
    observations: Sequence[Observation], distance: float, rng: np.random.Generator
) -> PoseCorrections:
    """Corrections with a knot at the first and at the last view of each observation.

    Args:
        observations: blurry photographs, with the times of the views in each exposure.
        distance: typical distance of the scene.
        rng: of the small twists at the start.
    """
    knots = np.unique([end for one in observations for end in (min(one.times), max(one.times))])
    corrections = PoseCorrections(knots, distance)
    corrections.twists[:] = rng.normal(0, _START_TWIST, corrections.twists.shape)
    corrections.twists -= corrections.twists.mean(axis=0)
    return corrections

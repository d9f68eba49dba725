"""Memory that a fit of a scene takes."""

from __future__ import annotations

from spikecam.requests.splat_options import SplatOptions
from spikecam.views.observed_scene import ObservedScene

# Of a pixel of a rendered view with its gradients.
VIEW_BYTES = 64
# Arrays of the size of the scene: itself, gradients, two moments of Adam, a copy while it grows.
_SCENE_ARRAYS = 5
# Parameters of a Gaussian but its harmonics.
_PARAMETERS = 11


def scene_bytes(options: SplatOptions, channels: int = 3) -> int:
    """Memory of all Gaussians that a scene may have, with what their fit needs."""
    parameters = _PARAMETERS + channels * (options.degree + 1) ** 2
    return options.fit.gaussians * parameters * 4 * _SCENE_ARRAYS


def fit_bytes(scene: ObservedScene, options: SplatOptions) -> int:
    """Memory of a fit: the observations, the Gaussians, and the views of one step."""
    # Observations share weights.
    weights = {id(one.weight): one.weight.nbytes for one in scene.observations}
    targets = sum(one.target.nbytes for one in scene.observations)
    views = max(
        one.target.shape[1] * one.target.shape[2] * len(one.times) for one in scene.observations
    )
    gaussians = scene_bytes(options, 3 if scene.has_colours else 1)
    return int(targets + sum(weights.values()) + views * VIEW_BYTES + gaussians)

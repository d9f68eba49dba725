"""A picture that shows how far a fit is: a measurement beside the same view of the scene."""

from __future__ import annotations

import numpy as np

from spikecam.picture import Picture
from spikecam.views.fitting import Fit
from spikecam.views.gaussians import Floats
from spikecam.views.observations import Observation

_GAP_PIXELS = 4


def preview_picture(fit: Fit) -> Picture:
    """The middle measurement of a fit, and to the right of it the scene.

    It is the middle picture where any were observed, which has less noise than a window of spikes.

    The scene is rendered as it is compared with the measurement: the mean light of the views that
    this averages, for the colours that the sensor sees, a mosaic as gray.

    Returns:
        display values in [0, 1], float32, (H, 2 W + 4, 3) or (H, 2 W + 4).
    """
    pictures = [one for one in fit.observations if not one.is_count] or fit.observations
    observation = pictures[len(pictures) // 2]
    planes = (observation.target.astype(np.float32), fit.predicted_light(observation))
    measured, rendered = (_layout(light, observation) for light in planes)
    gap = np.ones((measured.shape[0], _GAP_PIXELS, *measured.shape[2:]), np.float32)
    light = np.concatenate([measured, gap, rendered], axis=1)
    return np.clip(fit.encoding.encode(np.clip(light, 0, 1)), 0, 1)


def _layout(light: Floats, observation: Observation) -> Picture:
    """Light (J, H, W) as a picture (H, W) or (H, W, 3)."""
    if len(observation.weight) > 1:
        weight = observation.weight.astype(np.float32)
        light = (weight * light).sum(axis=0, keepdims=True)
    return light[0] if len(light) == 1 else np.moveaxis(light, 0, 2)

"""What losses that simulate spikes compare: the spikes of an observation, and predicted light."""

from __future__ import annotations

import numpy as np

from spikecam.errors import OptionError
from spikecam.views.gaussians import Floats
from spikecam.views.observations import Observation, WindowSpikes
from spikecam.views.predicted_light import LightTable, check_measurement, predict_light


def spikes_and_light(
    views: Floats, observation: Observation, mixing: Floats, table: LightTable
) -> tuple[WindowSpikes, Floats, Floats]:
    """Spikes, measured light and predicted light of an observation of a monochrome sensor.

    Args:
        views, observation, mixing, table: as of a `ViewLoss`.

    Returns:
        the spikes, and the light that was measured and that of the views, (1, H, W) both.

    Raises:
        GeometryError: pictures of other sizes.
        OptionError: an observation without spikes, or of a sensor of colours.
    """
    if observation.spikes is None:
        raise OptionError(
            "this loss simulates spikes, and a picture has none; fit pictures by another loss"
        )
    if len(observation.target) != 1:
        raise OptionError(
            "spikes are simulated of a monochrome sensor, and this one has "
            f"{len(observation.target)} colours; fit it by the light that it measures"
        )
    target = observation.target.astype(np.float32)
    check_measurement(views, target, target, mixing)
    return observation.spikes, target, predict_light(views, mixing, table)

"""Checks of losses that simulate spikes."""

from __future__ import annotations

from spikecam.errors import OptionError
from spikecam.views.observations import Observation, WindowSpikes


def window_spikes(observation: Observation) -> WindowSpikes:
    """Spikes of an observation of a monochrome sensor.

    Raises:
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
    return observation.spikes

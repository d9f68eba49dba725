"""What a loss of a fit is, and the one of every fit where no other is given."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from spikecam.views.gaussians import Floats
from spikecam.views.light_loss import light_loss
from spikecam.views.observations import Observation
from spikecam.views.predicted_light import LightTable


class ViewLoss(Protocol):
    """Loss of rendered views against an observation."""

    def __call__(
        self, views: Floats, observation: Observation, mixing: Floats, table: LightTable, /
    ) -> tuple[float, Floats]:
        """Compare views with an observation.

        Args:
            views: rendered at the times of the observation, encoded, (K, C, H, W).
            observation: what was measured.
            mixing: share of each colour of the scene in each of the sensor's, (J, C).
            table: of the encoding of the views.

        Returns:
            The loss, and its gradient by the views, (K, C, H, W).
        """


def observed_light_loss(
    views: Floats, observation: Observation, mixing: Floats, table: LightTable, /
) -> tuple[float, Floats]:
    """Squared errors of light for counts of spikes and absolute ones for pictures (`light_loss`).

    It is a `ViewLoss`.
    """
    target = observation.target.astype(np.float32)
    weight = np.broadcast_to(observation.weight.astype(np.float32), target.shape)
    loss, gradient, _ = light_loss(
        views, target, weight, mixing, table, quadratic=observation.is_count
    )
    return loss, gradient

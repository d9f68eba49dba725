"""Loss of rendered views against measured light.

The light P that a sensor collects of the views (`predicted_light`) is compared with what it
measured:

    loss = mean_p w_p (e'(P_p) (P_p - target_p))^2

or the absolute value in place of the square. e' is the slope of the encoding, so that an error
counts as in the picture that is looked at, dark or bright. It is that at the prediction, since at a
noisy measurement it would favour one side. Counts of spikes are right in the mean alone, which
squares find; for pictures absolute errors are the sharper.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spikecam.rows import run_over_rows
from spikecam.views.gaussians import Floats
from spikecam.views.predicted_light import (
    LightTable,
    check_measurement,
    light_gradient,
    predict_light,
)


def light_loss(
    views: Floats,
    target: Floats,
    weight: Floats,
    mixing: Floats,
    table: LightTable,
    *,
    quadratic: bool,
) -> tuple[float, Floats, Floats]:
    """Loss of rendered views, and its gradient.

    Args:
        views: rendered along the path, encoded, (K, C, H, W).
        target: measured light, 1 for white, (J, H, W).
        weight: of each measurement, (J, H, W).
        mixing: share of each colour of the scene in each of the sensor's, (J, C).
        table: of the encoding of the views.
        quadratic: squares of errors, for counts; else absolute values, for pictures.

    Returns:
        The loss, its gradient by the views, (K, C, H, W), and the predicted light, (J, H, W).

    Raises:
        GeometryError: arrays that do not fit each other.
    """
    mixing = np.ascontiguousarray(mixing, np.float32)
    check_measurement(views, target, weight, mixing)
    predicted = predict_light(views, mixing, table)
    by_prediction = np.empty_like(predicted)
    losses = np.zeros(views.shape[2])
    run_over_rows(
        _loss_rows,
        views.shape[2],
        predicted,
        target,
        weight,
        table.light,
        table.slope,
        np.float32(1 / target.size),
        quadratic,
        by_prediction,
        losses,
    )
    gradient = light_gradient(views, by_prediction, mixing, table)
    return float(losses.sum()), gradient, predicted


@njit(nogil=True, cache=True, error_model="numpy")
def _loss_rows(  # type: ignore[no-untyped-def]
    predicted,
    target,
    weight,
    light,
    slope,
    share,
    quadratic,
    by_prediction,
    losses,
    first,
    last,
):
    outputs, _, width = predicted.shape
    for y in range(first, last):
        total = 0.0
        for j in range(outputs):
            for x in range(width):
                prediction = predicted[j, y, x]
                # The slope at the prediction alone: at a measurement it would favour one side.
                bright = slope[min(np.searchsorted(light, prediction), len(light) - 1)]
                error = (prediction - target[j, y, x]) * bright
                factor = weight[j, y, x] * share
                if quadratic:
                    total += factor * error * error
                    by_prediction[j, y, x] = np.float32(2) * factor * error * bright
                else:
                    total += factor * abs(error)
                    by_prediction[j, y, x] = factor * bright * np.float32(np.sign(error))
        losses[y] = total

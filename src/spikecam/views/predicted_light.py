"""Light that a sensor collects of rendered views, and gradients by the views.

Views along the path of the camera during a window or an exposure are decoded to light, averaged,
and weighed to the colours that the sensor sees:

    P = sum_c m_c mean_k light(R_k,c)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.encoding import Encoding
from spikecam.errors import GeometryError
from spikecam.rows import run_over_rows
from spikecam.views.gaussians import Floats

# Entries of the table of light by values, and the largest value; beyond it light rises as a line.
_TABLE_SIZE, _MAX_VALUE = 2048, 1.25
# Largest slope of the encoding, which has none at black.
_MAX_SLOPE = 6.0


@dataclass(frozen=True, eq=False)
class LightTable:
    """Tables of an encoding: light by value, and the slope of the encoding by value.

    Attributes:
        light: of values evenly from 0 to 1.25, (n,).
        slope: of the encoding there, limited to 6.
    """

    light: Floats
    slope: Floats

    @classmethod
    def of_encoding(cls, encoding: Encoding) -> LightTable:
        """Make the tables of an encoding."""
        values = np.linspace(0, _MAX_VALUE, _TABLE_SIZE)
        light = np.asarray(encoding.decode(values), np.float64)
        slope = 1 / np.maximum(np.gradient(light, values), 1 / _MAX_SLOPE)
        return cls(light.astype(np.float32), slope.astype(np.float32))

    def encode(self, light: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Values of light, limited to 0 to 1.25, and the slope of the encoding there."""
        place = np.interp(light, self.light, np.arange(len(self.light)))
        slope = self.slope[np.minimum(place.astype(np.int64), len(self.light) - 1)]
        return (place * (_MAX_VALUE / (len(self.light) - 1))).astype(np.float32), slope


def check_measurement(views: Floats, target: Floats, weight: Floats, mixing: Floats) -> None:
    """Check that views (K, C, H, W) and a measurement (J, H, W) fit each other.

    Raises:
        GeometryError: they do not.
    """
    (channels, *size), (outputs, *measured) = views.shape[1:], target.shape
    if size != measured:
        raise GeometryError(
            f"the camera has pictures of {size[1]}x{size[0]} pixels and the recording of "
            f"{measured[1]}x{measured[0]}; give the intrinsics of the recording's size"
        )
    if weight.shape != target.shape or mixing.shape != (outputs, channels):
        raise GeometryError(
            f"weights {weight.shape} and mixing {mixing.shape} do not fit measurements "
            f"{target.shape} of a scene of {channels} colours; make them (J, H, W) and (J, C)"
        )


def predict_light(views: Floats, mixing: Floats, table: LightTable) -> Floats:
    """Light that a sensor collects of rendered views.

    Args:
        views: rendered along the path, encoded, (K, C, H, W).
        mixing: share of each colour of the scene in each of the sensor's, float32 (J, C).
        table: of the encoding of the views.

    Returns:
        Light, 1 for white, (J, H, W).
    """
    height, width = views.shape[2:]
    predicted = np.empty((len(mixing), height, width), np.float32)
    run_over_rows(_predict_rows, height, views, mixing, table.light, predicted)
    return predicted


def light_gradient(
    views: Floats, by_prediction: Floats, mixing: Floats, table: LightTable
) -> Floats:
    """Gradient by the views of a loss of `predict_light`.

    A value below black, whose light does not change, is pulled up where it should be brighter.

    Args:
        views, mixing, table: as there.
        by_prediction: gradient by the predicted light, (J, H, W).

    Returns:
        Gradient by the views, (K, C, H, W).
    """
    gradient = np.empty_like(views)
    by_prediction = by_prediction.astype(np.float32, copy=False)
    run_over_rows(
        _gradient_rows, views.shape[2], views, by_prediction, mixing, table.light, gradient
    )
    return gradient


@njit(nogil=True, cache=True, error_model="numpy")
def _predict_rows(views, mixing, light, predicted, first, last):  # type: ignore[no-untyped-def]
    count, channels, _, width = views.shape
    outputs, size = len(mixing), len(light)
    scale = np.float32((size - 1) / _MAX_VALUE)
    for y in range(first, last):
        for j in range(outputs):
            predicted[j, y] = 0
        for c in range(channels):
            for x in range(width):
                decoded = np.float32(0)
                for k in range(count):
                    value = views[k, c, y, x]
                    place = value * scale if value > 0 else np.float32(0)
                    i = min(int(place), size - 2)
                    decoded += light[i] + (place - np.float32(i)) * (light[i + 1] - light[i])
                for j in range(outputs):
                    predicted[j, y, x] += mixing[j, c] * decoded / np.float32(count)


@njit(nogil=True, cache=True, error_model="numpy")
def _gradient_rows(  # type: ignore[no-untyped-def]
    views, by_prediction, mixing, light, gradient, first, last
):
    count, channels, _, width = views.shape
    size = len(light)
    scale = np.float32((size - 1) / _MAX_VALUE)
    for y in range(first, last):
        for c in range(channels):
            for x in range(width):
                by_light = np.float32(0)
                for j in range(len(mixing)):
                    by_light += by_prediction[j, y, x] / np.float32(count) * mixing[j, c]
                for k in range(count):
                    value = views[k, c, y, x]
                    i = min(int(value * scale), size - 2) if value > 0 else 0
                    step = (light[i + 1] - light[i]) * scale
                    gradient[k, c, y, x] = step * by_light if value > 0 or by_light < 0 else 0

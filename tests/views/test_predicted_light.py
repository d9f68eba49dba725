"""Tables of encodings, and what a sensor collects of views."""

import numpy as np
import pytest

from spikecam.encoding import LINEAR, SRGB, gamma_encoding
from spikecam.errors import GeometryError
from spikecam.gray import GRAY_WEIGHTS
from spikecam.views.predicted_light import (
    LightTable,
    check_measurement,
    light_gradient,
    predict_light,
)


@pytest.mark.parametrize("encoding", [LINEAR, SRGB, gamma_encoding(2.2)], ids=str)
def test_values_of_light_are_those_of_the_encoding(encoding):
    light = np.linspace(0.02, 1.4, 500, dtype=np.float32)
    values, slopes = LightTable.of_encoding(encoding).encode(light)
    expected = np.minimum(encoding.encode(light), 1.25)
    np.testing.assert_allclose(values, expected, atol=2e-4)
    is_inside = expected < 1.2
    finite = (encoding.encode(light * 1.001) - encoding.encode(light * 0.999)) / (0.002 * light)
    np.testing.assert_allclose(slopes[is_inside], finite[is_inside], rtol=0.02)


def test_light_below_black_is_black():
    values, slopes = LightTable.of_encoding(SRGB).encode(np.float32([[-0.2, 0]]))
    assert values.tolist() == [[0, 0]]
    assert slopes == pytest.approx(6.0)


def test_light_is_the_gray_mean_of_views():
    views = np.random.default_rng(0).random((3, 3, 5, 7), np.float32)
    mixing = np.float32([GRAY_WEIGHTS])
    table = LightTable.of_encoding(gamma_encoding(2.0))
    light = predict_light(views, mixing, table)
    expected = np.tensordot(mixing, (views**2).mean(axis=0), axes=1)
    np.testing.assert_allclose(light, expected, atol=1e-5)
    by_light = np.random.default_rng(1).normal(size=(1, 5, 7)).astype(np.float32)
    gradient = light_gradient(views, by_light, mixing, table)
    chain = np.tensordot(mixing.T, by_light, axes=1) * 2 * views / 3
    np.testing.assert_allclose(gradient, chain, atol=1e-3)


def test_a_measurement_of_another_size_is_refused():
    views, target = np.zeros((1, 1, 5, 6)), np.zeros((1, 4, 5))
    with pytest.raises(GeometryError, match="6x5 pixels and the recording of 5x4"):
        check_measurement(views, target, target, np.eye(1))

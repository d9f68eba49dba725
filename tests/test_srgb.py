import numpy as np
import pytest

from spikecam.srgb import linear_to_srgb, srgb_to_linear


def test_the_srgb_curve_is_that_of_the_standard():
    # 8-bit middle gray is 21.6 % of the light; the two branches meet.
    assert srgb_to_linear(128 / 255) == pytest.approx(0.21586, abs=1e-5)
    assert srgb_to_linear(0.04045) == pytest.approx(srgb_to_linear(0.0404501), abs=1e-6)
    values = np.linspace(0, 1, 1001)
    assert np.allclose(linear_to_srgb(srgb_to_linear(values)), values, atol=1e-7)
    assert (srgb_to_linear([0, 1]) == [0, 1]).all()

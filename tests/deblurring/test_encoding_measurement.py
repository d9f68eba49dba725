import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.blurry_picture import resize_by_area
from spikecam.encoding import LINEAR, SRGB, Encoding, gamma_encoding
from spikecam.gray import as_gray

KNOTS = np.linspace(0, 1, 33)
S_CURVE = Encoding("s", ((KNOTS + 3 * KNOTS**2 - 2 * KNOTS**3) / 2) ** 1.6)


@pytest.mark.parametrize("encoding", [LINEAR, SRGB, gamma_encoding(1.6), S_CURVE], ids=str)
def test_the_encoding_is_recovered(simulated_pair, exposure_rate, encoding):
    picture, stream = simulated_pair(encoding)
    found = sc.measure_encoding(picture, exposure_rate(stream))
    assert found.is_certain
    tolerance = 0.05 if encoding is S_CURVE else 0.01
    assert found.encoding.decode(KNOTS) == pytest.approx(encoding.decode(KNOTS), abs=tolerance)
    if encoding is not S_CURVE:
        assert found.encoding.name.startswith(encoding.name[:5])
        assert found.gamma_range[0] <= found.gamma <= found.gamma_range[1]
        assert found.white_rate == pytest.approx(1, abs=0.03)
        assert found.dark_rate == pytest.approx(0, abs=0.01)
    assert found.encoding.colour_weights == pytest.approx((0.299, 0.587, 0.114), abs=0.03)
    assert found.explained > 0.95
    assert "explained" in found.summary()


def test_gray_pictures_are_measured(simulated_pair, exposure_rate):
    picture, stream = simulated_pair("srgb")
    light = SRGB.gray_light(SRGB.decode(picture))
    gray = SRGB.encode(light)
    for form in (gray, np.repeat(gray[..., None], 3, axis=2)):
        found = sc.measure_encoding(form, exposure_rate(stream))
        assert found.is_certain
        assert found.encoding.name == "srgb"
        assert found.encoding.colour_weights == SRGB.colour_weights


def test_a_picture_may_be_coarser_than_the_spikes(simulated_pair, exposure_rate):
    picture, stream = simulated_pair("srgb")
    light = as_gray(SRGB.decode(picture))
    coarse = SRGB.encode(resize_by_area(light, (20, 26)))
    found = sc.measure_encoding(coarse, exposure_rate(stream))
    assert found.encoding.decode(0.5) == pytest.approx(SRGB.decode(0.5), abs=0.02)


def test_what_the_picture_does_not_cover_is_left_out(simulated_pair, exposure_rate):
    picture, stream = simulated_pair("srgb")
    partly = picture.copy()
    partly[:, :60] = 0
    covered = np.ones(stream.shape[1:], np.bool_)
    covered[:, :15] = False
    rate = exposure_rate(stream)
    assert sc.measure_encoding(partly, rate, covered=covered).encoding.name == "srgb"
    assert sc.measure_encoding(partly, rate).encoding.name != "srgb"


def test_flat_scenes_are_uncertain(exposure_rate):
    stream = sc.simulate([np.full((40, 52), 0.4, np.float32)] * 40, exposure=(0, 40))
    found = sc.measure_encoding(np.full((160, 208, 3), 0.6, np.float32), exposure_rate(stream))
    assert not found.is_certain


def test_white_and_dark_pairs_are_not_measured():
    white, gray = np.ones((40, 40), np.float32), np.full((40, 40), 0.5, np.float32)
    assert sc.measure_encoding(white, gray) is None
    assert sc.measure_encoding(gray, np.zeros((40, 40), np.float32)) is None

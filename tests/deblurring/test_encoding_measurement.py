import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.blurry_picture import resize_by_area
from spikecam.deblurring.encoding_measurement import PictureWithRate, measure_encoding_of_pairs
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


def noisy_pair(low, high, white_rate, seed, encoding=S_CURVE):
    """Blocks of values from low to high, whose white fires at a rate of its own."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(low, high, (20, 26, 3)).astype(np.float32)
    values = np.kron(values, np.ones((8, 8, 1), np.float32))
    light = resize_by_area(encoding.gray_light(encoding.decode(values)), (40, 52))
    noise = 0.01 * rng.standard_normal(light.shape)
    return PictureWithRate(values, (white_rate * light + 0.02 + noise).astype(np.float32))


def test_several_pairs_show_a_curve_of_which_each_shows_a_part():
    pairs = noisy_pair(0, 0.5, 0.8, seed=1), noisy_pair(0.4, 0.95, 0.25, seed=2)

    def largest_error(*pairs):
        encoding = measure_encoding_of_pairs(pairs).encoding
        return np.abs(encoding.decode(KNOTS) - S_CURVE.decode(KNOTS)).max()

    assert largest_error(*pairs) < 0.04
    assert min(largest_error(pairs[0]), largest_error(pairs[1])) > 0.055
    joint = measure_encoding_of_pairs(pairs)
    assert joint.white_rate == pytest.approx(0.8, abs=0.05)
    assert joint.dark_rate == pytest.approx(0.02, abs=0.01)
    # A gray picture has no colour weights, and goes with others.
    gray = PictureWithRate(pairs[0].values[..., :1].repeat(3, axis=2), *pairs[0][1:])
    assert measure_encoding_of_pairs([pairs[1], gray]).encoding.colour_weights == pytest.approx(
        joint.encoding.colour_weights, abs=0.1
    )


def test_pairs_that_are_uncertain_alone_are_certain_together():
    pairs = noisy_pair(0.1, 0.35, 0.8, seed=1), noisy_pair(0.6, 0.95, 0.25, seed=2)
    assert not any(measure_encoding_of_pairs([pair]).is_certain for pair in pairs)
    assert measure_encoding_of_pairs(pairs).is_certain


def test_several_pairs_show_an_s_curve_near_a_named_one():
    curve = SRGB.decode(KNOTS + 0.35 * np.sin(2 * np.pi * KNOTS) / (2 * np.pi)).astype(np.float64)
    curve[0], curve[-1] = 0, 1
    bent = Encoding("bent", curve)
    pairs = [
        noisy_pair(0, high, white_rate, seed, encoding)
        for encoding in (bent, SRGB)
        for high, white_rate, seed in ((0.95, 0.3, 1), (0.6, 0.6, 2))
    ]
    measurement = measure_encoding_of_pairs(pairs[:2])
    assert measurement.encoding.decode(KNOTS) == pytest.approx(bent.decode(KNOTS), abs=0.04)
    assert measure_encoding_of_pairs(pairs[2:]).encoding.name == "srgb"

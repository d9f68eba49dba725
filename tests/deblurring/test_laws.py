"""Laws of deblurring: what is linear in the blurry picture's light, and alike in every colour."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikecam as sc
from spikecam import sample

ORDERS = [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


@pytest.fixture(scope="module")
def stream():
    return sc.SpikeStream.from_array(np.random.default_rng(0).random((137, 8, 12)) < 0.4)


def blurry(seed=0):
    return np.random.default_rng(seed).random((32, 48, 3), np.float32) * np.float32(0.2)


@settings(max_examples=10)
@given(st.floats(0.01, 2), st.integers(0, 9), st.sampled_from(["linear", "srgb", "gamma:2.2"]))
def test_a_brighter_picture_is_deblurred_to_a_brighter_one(stream, gain, seed, encoding):
    """SDM is linear in the light of the blurry picture, as long as nothing is clipped to white."""
    encode = sc.parse_encoding(encoding).encode

    def light(picture):
        return sc.deblur(encode(picture), stream, at=68, method="sdm", encoding=encoding, hdr=True)

    plain = light(blurry(seed))
    assert plain.max() < 0.5
    brighter = light(blurry(seed) * np.float32(gain))
    tolerance = 1e-5 if encoding == "linear" else 1e-3
    np.testing.assert_allclose(brighter, plain * gain, rtol=tolerance, atol=tolerance / 100)


@pytest.mark.parametrize("encoding", ["linear", "srgb"])
def test_the_brightness_of_a_photograph_does_not_matter_to_refined(encoding):
    """A photograph of a tenth of the light is deblurred as the bright one is, but for its scale."""
    curve = sc.parse_encoding(encoding)
    blur = sc.read_picture(sample.BLUR)
    dim = curve.encode(curve.decode(blur) * np.float32(0.1))
    options = {"at": 68, "encoding": encoding, "check_match": False, "hdr": True}
    bright, dark = (sc.deblur(picture, sample.SPIKES, **options) for picture in (blur, dim))
    assert dark.max() < 0.2
    bright, dark = (curve.encode(light).clip(0, 1) for light in (bright, dark * np.float32(10)))
    assert sc.psnr(dark, bright, data_range=1) > 35


@pytest.mark.parametrize("order", ORDERS)
def test_sdm_treats_colours_alike(stream, order):
    for encoding in ("linear", "srgb"):
        options = {"at": 68, "method": "sdm", "encoding": encoding}
        plain = sc.deblur(blurry(), stream, **options)
        swapped = sc.deblur(blurry()[..., order], stream, **options)
        assert np.array_equal(swapped, plain[..., order])


def test_refined_keeps_the_order_of_colours(stream):
    """A red picture stays red, a green one green, a blue one blue."""
    for colour in range(3):
        blur = np.full((32, 48, 3), 0.1, np.float32)
        blur[..., colour] = 0.6
        sharp = sc.deblur(blur, stream, at=68, weights="refined-small")
        assert sharp.mean(axis=(0, 1)).argmax() == colour
        assert (sharp[..., colour] > np.delete(sharp, colour, axis=2).max(axis=2)).mean() > 0.99

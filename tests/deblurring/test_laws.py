"""Laws of the formula: what is linear in the blurry picture, and alike in every colour."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikecam as sc

ORDERS = [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


@pytest.fixture(scope="module")
def stream():
    return sc.SpikeStream.from_array(np.random.default_rng(0).random((137, 8, 12)) < 0.4)


def blurry(seed=0):
    return np.random.default_rng(seed).random((32, 48, 3), np.float32) * np.float32(0.2)


@settings(max_examples=10)
@given(st.floats(0.01, 2), st.integers(0, 9))
def test_a_brighter_picture_is_deblurred_to_a_brighter_one(stream, gain, seed):
    """SDM is linear in the blurry picture, as long as nothing is brighter than white."""
    plain = sc.deblur(blurry(seed), stream, at=68, method="sdm")
    assert plain.max() < 0.5
    brighter = sc.deblur(blurry(seed) * np.float32(gain), stream, at=68, method="sdm")
    np.testing.assert_allclose(brighter, plain * gain, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("order", ORDERS)
def test_sdm_treats_colours_alike(stream, order):
    plain = sc.deblur(blurry(), stream, at=68, method="sdm")
    swapped = sc.deblur(blurry()[..., order], stream, at=68, method="sdm")
    assert np.array_equal(swapped, plain[..., order])


def test_refined_keeps_the_order_of_colours(stream):
    """A red picture stays red, a green one green, a blue one blue."""
    for colour in range(3):
        blur = np.full((32, 48, 3), 0.1, np.float32)
        blur[..., colour] = 0.6
        sharp = sc.deblur(blur, stream, at=68, weights="refined-small")
        assert sharp.mean(axis=(0, 1)).argmax() == colour
        assert (sharp[..., colour] > np.delete(sharp, colour, axis=2).max(axis=2)).mean() > 0.99

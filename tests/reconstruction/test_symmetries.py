"""Pixels are reconstructed each by itself: a view that is flipped or transposed gives the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikecam as sc

FLIPS = {
    "upside down": lambda frames: frames[..., ::-1, :],
    "left to right": lambda frames: frames[..., ::-1],
    "transposed": lambda frames: np.swapaxes(frames, -1, -2),
}


@settings(max_examples=15)
@given(st.integers(1, 9), st.integers(1, 19), st.integers(0, 99), st.floats(0, 1))
@pytest.mark.parametrize("method", ["tfp", "tfi", "tfstp"])
@pytest.mark.parametrize("flip", FLIPS)
def test_a_flipped_view_gives_the_flipped_picture(method, flip, height, width, seed, rate):
    turn = FLIPS[flip]
    frames = np.random.default_rng(seed).random((45, height, width)) < rate
    picture = sc.reconstruct(sc.SpikeStream.from_array(frames), 22, method)
    flipped = sc.reconstruct(sc.SpikeStream.from_array(turn(frames)), 22, method)
    np.testing.assert_allclose(flipped, turn(picture), rtol=1e-5, atol=1e-6)

import numpy as np
import pytest

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.pair_check import MATCH, MISMATCH, check_pair
from spikecam.encoding import SRGB


@pytest.fixture
def pair(simulated_pair, exposure_rate):
    picture, stream = simulated_pair("srgb")
    return BlurryPicture(picture, SRGB), exposure_rate(stream)


def test_a_true_pair_agrees(pair):
    check = check_pair(*pair, 40)
    assert check.agreement > 0.95
    assert check.orientation is None
    assert check.correlation <= 1


def test_other_scenes_and_turned_ones_do_not(pair, simulated_pair):
    picture, rate = pair
    other, _ = simulated_pair("srgb", seed=1)
    check = check_pair(BlurryPicture(other, SRGB), rate, 40)
    assert check.agreement < MISMATCH
    assert check.orientation is None
    check = check_pair(picture, np.ascontiguousarray(rate[:, ::-1]), 40)
    assert check.agreement < MISMATCH
    assert check.orientation == "flipped horizontally"


def test_light_above_white_does_not_count(pair):
    picture, rate = pair
    for scale in (1, 3):
        light = BlurryPicture(picture.light * np.float32(scale))
        assert check_pair(light, rate, 40).agreement > MATCH


def test_what_says_nothing_is_not_judged(pair):
    picture, rate = pair
    assert check_pair(picture, rate[:20, :26], 40) is None
    flat = BlurryPicture(np.full((160, 208), 0.5, np.float32))
    assert check_pair(flat, np.full_like(rate, 0.2), 40).agreement == 1
    # Contrast of the spikes that a flat picture lacks says much.
    assert check_pair(flat, rate, 40).agreement < MISMATCH
    assert check_pair(picture, rate, 40, covered=np.zeros(rate.shape, np.bool_)) is None

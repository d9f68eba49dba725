import numpy as np
import pytest

import spikecam as sc
from spikecam.metrics.temporal import temporal_error

RNG = np.random.default_rng(0)
TRUTH = [RNG.random((20, 30)) for _ in range(3)]


def test_the_truth_and_a_constant_error_count_as_nothing():
    assert temporal_error(TRUTH, TRUTH, data_range=1) == 0
    darker = [0.9 * TRUTH[0]] * 3
    assert temporal_error(darker, [TRUTH[0]] * 3, data_range=1) == 0


def test_grain_that_comes_anew_counts():
    still = [np.full((200, 200), 0.5)] * 4
    grain = [0.5 + 0.1 * (RNG.random((200, 200)) - 0.5) for _ in still]
    # The mean distance of two uniform numbers is a third of their range.
    assert temporal_error(grain, still, data_range=1) == pytest.approx(0.1 / 3, rel=0.02)


def test_motion_that_is_left_out_counts():
    assert temporal_error([TRUTH[0]] * 3, TRUTH, data_range=1) > 0.3


def test_the_range_does_not_matter():
    levels = [255 * picture for picture in TRUTH]
    shifted = [TRUTH[1], TRUTH[2], TRUTH[0]]
    assert temporal_error(
        [255 * picture for picture in shifted], levels, data_range=255
    ) == pytest.approx(temporal_error(shifted, TRUTH, data_range=1))


def test_one_picture_is_no_film():
    with pytest.raises(sc.OptionError, match="two pictures or more"):
        temporal_error(TRUTH[:1], TRUTH[:1], data_range=1)
    with pytest.raises(sc.OptionError, match="as many of the truth"):
        temporal_error(TRUTH, TRUTH[:2], data_range=1)

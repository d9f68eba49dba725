import numpy as np
import pytest

import spikecam as sc
from spikecam.scenes.pretraining import motion_blur_kernels


def test_pairs_are_as_published():
    picture = np.random.default_rng(0).random((64, 96, 3))
    blurry, spikes = sc.pretraining_pair(picture, seed=1)
    assert blurry.shape == picture.shape
    assert spikes.shape == (8, 64, 96)
    assert spikes.count().mean() / 8 == pytest.approx(0.1, abs=0.01)
    assert blurry.std() < 0.3 * picture.std()
    again, same = sc.pretraining_pair(picture, seed=1)
    assert np.array_equal(blurry, again)
    assert np.array_equal(spikes, same)


def test_there_are_eight_kernels_that_fill_their_box():
    kernels = motion_blur_kernels()
    assert kernels.shape == (8, 40, 40)
    assert kernels.sum(axis=(1, 2)) == pytest.approx(np.ones(8), abs=1e-6)
    for kernel in kernels:
        rows, columns = np.nonzero(kernel)
        assert max(np.ptp(rows), np.ptp(columns)) >= 38
    chosen = {sc.pretraining_pair(np.eye(41), seed)[0].tobytes() for seed in range(60)}
    assert len(chosen) == 8


def test_what_cannot_be_blurred_is_refused():
    with pytest.raises(sc.OptionError, match="at least"):
        sc.pretraining_pair(np.ones((30, 50)), 0)
    with pytest.raises(sc.OptionError, match="black"):
        sc.pretraining_pair(np.zeros((50, 50)), 0)

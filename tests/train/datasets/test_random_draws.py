import numpy as np

from spikecam.train.datasets.random_draws import random_rotate_and_flip


def test_arrays_are_turned_alike_and_every_way():
    picture = np.arange(9).reshape(1, 3, 3)
    ways = set()
    for seed in range(100):
        one, other = random_rotate_and_flip(
            [picture, picture[..., None] * 2], np.random.default_rng(seed)
        )
        assert np.array_equal(other[..., 0], 2 * one)
        ways.add(one.tobytes())
    assert len(ways) == 8

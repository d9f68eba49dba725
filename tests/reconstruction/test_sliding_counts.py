import numpy as np
import pytest

import spikecam as sc
from spikecam.reconstruction.sliding_counts import split_inverse


def test_products_with_the_split_inverse_are_quotients():
    for window in range(1, 256):
        high, low = split_inverse(window)
        counts = np.arange(window + 1, dtype=np.float32)
        assert np.array_equal(counts * high + counts * low, counts / np.float32(window)), window


@pytest.mark.parametrize("window", [1, 7, 255, 257])
@pytest.mark.parametrize("size", [(3, 16), (5, 21), (1, 3)])
def test_pictures_are_counts_divided_by_the_window(spikes, window, size):
    array = spikes(window + 40, *size)
    array[:, 0, 0] = 1
    pictures = list(sc.reconstruct_frames(sc.SpikeStream.from_array(array), "tfp", window=window))
    assert len(pictures) == 41
    sums = np.concatenate([np.zeros((1, *size), np.int64), array.cumsum(axis=0, dtype=np.int64)])
    counts = sums[window:] - sums[:-window]
    assert np.array_equal(pictures, counts.astype(np.float32) / np.float32(window))

import numpy as np
import pytest
import torch

from spikecam.networks.refocuser import COARSE, DISCS, RINGS, SPANS, STRENGTHS
from spikecam.reconstruction.clues import clues
from spikecam.reconstruction.integrations import SHARES
from spikecam.reconstruction.spectrum import MIDDLES
from spikecam.reconstruction.wiener import NOISE, RADII, deconvolved
from spikecam.tiles import UNIT


def test_the_network_is_given_what_it_expects():
    assert (len(SHARES), len(RADII), len(NOISE)) == (SPANS, DISCS, STRENGTHS)
    assert (len(MIDDLES), UNIT) == (RINGS, COARSE)


@pytest.mark.parametrize("size", [(40, 64), (25, 34)])
def test_they_are_of_the_picture_as_it_is_continued_to_whole_cells(size):
    rates = np.random.default_rng(0).random((5, *size), np.float32)
    given = clues(rates, 101)
    height, width = (-(-side // 8) * 8 for side in size)
    shapes = {name: tuple(one.shape) for name, one in given.items()}
    assert shapes == {
        "rates": (5, height, width),
        "deconvolved": (36, height, width),
        "energies": (21, height // 8, width // 8),
        "brightness": (),
        "frames": (),
    }
    inside = slice(None), slice(size[0]), slice(size[1])
    assert np.array_equal(given["rates"][inside], rates)
    # Whatever is beyond its border does not ring within.
    assert np.array_equal(given["deconvolved"][inside], deconvolved(rates[-1]))
    assert given["brightness"] == pytest.approx(rates[-1].mean())
    assert given["frames"] == 101
    assert all(one.dtype == torch.float32 for one in given.values())

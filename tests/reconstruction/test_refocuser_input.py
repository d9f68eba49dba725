import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.networks.refocuser import CELL_PIXELS, Refocuser
from spikecam.reconstruction.refocuser_input import RefocuserInput
from spikecam.reconstruction.wiener import wiener_deconvolve
from spikecam.tiles import UNIT_PIXELS


def test_the_default_input_fits_the_network():
    Refocuser(input_config=RefocuserInputConfig())
    assert UNIT_PIXELS == CELL_PIXELS
    with pytest.raises(sc.OptionError, match="takes 3 noise_levels, and its input has 2"):
        Refocuser(input_config=RefocuserInputConfig(noise_levels=(1.0, 0.1)))


@pytest.mark.parametrize("size", [(40, 64), (25, 34)])
def test_maps_are_continued_to_whole_cells(size):
    rates = np.random.default_rng(0).random((5, *size), np.float32)
    features = RefocuserInput().tensors_from_rates(rates, 101)
    height, width = (-(-side // 8) * 8 for side in size)
    shapes = {name: tuple(values.shape) for name, values in features.items()}
    assert shapes == {
        "rates": (5, height, width),
        "deconvolved": (36, height, width),
        "energies": (21, height // 8, width // 8),
        "brightness": (),
        "frames": (),
    }
    inside = slice(None), slice(size[0]), slice(size[1])
    assert np.array_equal(features["rates"][inside], rates)
    # Whatever is beyond its border does not ring within.
    deconvolved = wiener_deconvolve(rates[-1], RefocuserInputConfig())
    assert np.array_equal(features["deconvolved"][inside], deconvolved)
    assert features["brightness"] == pytest.approx(rates[-1].mean())
    assert features["frames"] == 101
    assert all(values.dtype == torch.float32 for values in features.values())


def test_filters_are_those_of_the_constants_whichever_came_first():
    rates = np.random.default_rng(0).random((5, 32, 40), np.float32)
    other = RefocuserInputConfig(noise_levels=(0.5, 0.05, 0.005), min_band_frequency=0.1)
    first, changed, again = (
        RefocuserInput(config).tensors_from_rates(rates, 101) for config in (None, other, None)
    )
    for name in ("deconvolved", "energies"):
        assert torch.equal(first[name], again[name])
        assert not torch.allclose(first[name], changed[name])

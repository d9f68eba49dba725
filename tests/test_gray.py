import numpy as np
import pytest
import torch

import spikecam as sc
from spikecam.gray import as_gray, quarter_gray
from spikecam.networks import teacher


def test_gray_weighs_colours_as_the_protocol_does():
    colours = np.eye(3)[None]
    assert as_gray(colours) == pytest.approx(np.array([[0.30, 0.59, 0.11]]))
    assert as_gray((colours * 255).astype(np.uint8)) == pytest.approx(as_gray(colours))
    assert as_gray(np.ones((2, 2, 3))).max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_quarter_is_the_middle_of_every_block(kind, channels):
    picture = np.zeros((8, 12, *channels), kind)
    picture[5:7, 9:11] = 255 if kind == np.uint8 else 1
    expected = np.zeros((2, 3))
    expected[1, 2] = 1
    assert quarter_gray(picture) == pytest.approx(expected)


def test_a_quarter_needs_multiples_of_four():
    with pytest.raises(sc.OptionError, match="10x8"):
        quarter_gray(np.zeros((8, 10)))


def test_networks_weigh_colours_alike():
    picture = np.random.default_rng(0).random((5, 6, 3), np.float32)
    gray = teacher.as_gray(torch.from_numpy(picture).permute(2, 0, 1)[None])[0, 0].numpy()
    assert np.allclose(gray, as_gray(picture), atol=1e-6)

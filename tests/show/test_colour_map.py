import numpy as np
import pytest

import spikecam as sc
from spikecam.show.colour_map import colour_picture
from spikecam.show.colour_map_names import COLOUR_MAPS


@pytest.mark.parametrize("name", COLOUR_MAPS[1:])
def test_colours_tell_levels_apart(name):
    levels = np.linspace(0, 1, 256, dtype=np.float32)[None]
    colours = colour_picture(levels, name)
    assert colours.shape == (1, 256, 3)
    assert 0 <= colours.min() <= colours.max() <= 1
    assert len(np.unique(colours[0], axis=0)) > 200


def test_colours_are_red_green_blue():
    # Turbo goes from dark blue to dark red.
    first, last = colour_picture(np.array([[0.05, 1.0]], np.float32), "turbo")[0]
    assert first[2] > first[0]
    assert last[0] > last[2]


def test_gray_stays_and_other_names_are_refused():
    picture = np.zeros((2, 2), np.float32)
    assert colour_picture(picture, "gray") is picture
    with pytest.raises(sc.OptionError, match="no colour map 'hot'; choose gray"):
        colour_picture(picture, "hot")


def test_there_are_more_colours_than_a_map_has():
    grays = np.linspace(0, 1, 4096, dtype=np.float32)[None]
    colours = colour_picture(grays, "viridis")
    assert len(np.unique(colours.reshape(-1, 3), axis=0)) > 4000
    np.testing.assert_array_equal(
        colour_picture(np.float32([[-1, 2]]), "viridis"), colours[:, [0, -1]]
    )

import numpy as np
import pytest

from spikecam.errors import OptionError
from spikecam.show.display import DisplayMapping, stretch_for_display


def test_data_is_never_touched():
    picture = np.linspace(0, 0.1, 20, dtype=np.float32).reshape(4, 5)
    before = picture.copy()
    shown = stretch_for_display(picture, gamma=2.2)
    assert np.array_equal(picture, before)
    assert (shown.min(), shown.max()) == (0, 1)


def test_gamma_lifts_the_shadows():
    assert DisplayMapping(gamma=2)(np.array([0.25]))[0] == 0.5


def test_one_brightness_is_shown_as_it_is():
    assert (stretch_for_display(np.full((3, 3), 0.3)) == np.float32(0.3)).all()


def test_mappings_that_cannot_be_are_refused():
    with pytest.raises(OptionError, match="white above black"):
        DisplayMapping(0.5, 0.5)
    with pytest.raises(OptionError, match="gamma"):
        DisplayMapping(gamma=0)
    with pytest.raises(OptionError, match="percentiles rise"):
        stretch_for_display(np.zeros((2, 2)), low=99, high=1)

import numpy as np
import pytest

import spikecam as sc
from spikecam.show.method_sheet import method_sheet


def test_pictures_stand_in_a_grid():
    levels = (0.0, 0.25, 0.5, 1.0, 0.75)
    pictures = [np.full((10, 20), level, np.float32) for level in levels]
    sheet = method_sheet(pictures, list("abcde"), shape=(10, 20), width=648)
    assert sheet.shape == (2 * (100 + 30 + 12) + 12, 648, 3)
    places = [(60, 100), (60, 320), (60, 540), (200, 100), (200, 320)]
    found = [float(sheet[row, column, 0]) for row, column in places]
    assert found == pytest.approx(levels, abs=0.01)


def test_what_is_missing_is_a_text_and_the_rest_is_there():
    pictures = ["a reason of many words that takes several lines of the cell", np.ones((8, 8))]
    sheet = method_sheet(pictures, ["one: failed", "two"], shape=(8, 8), width=400)
    cell = sheet[12:190, 12:190]
    assert cell.min() < 0.5 < cell.max()
    assert (sheet[20:180, 220:380] == 1).all()


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(sc.OptionError, match="a caption each, not 0 and 0"):
        method_sheet([], [], shape=(8, 8))

import numpy as np
import pytest

from spikecam.errors import OptionError
from spikecam.show.contact_sheet import contact_sheet


@pytest.mark.parametrize("shape", [(18, 32), (18, 32, 3)])
def test_the_sheet_shows_blur_left_and_sharp_right(shape):
    sharp = np.stack([np.full(shape, level) for level in (0.2, 0.4, 0.6)])
    sheet = contact_sheet(np.full(shape, 0.9), sharp, [1, 2, 3], width=400)
    assert sheet.shape[1:] == (400, 3)
    assert sheet[50, 100] == pytest.approx(0.9, abs=0.01)
    assert sheet[50, 300] == pytest.approx(0.4, abs=0.01)
    strip = sheet[sheet.shape[0] - 60]
    assert strip[60] == pytest.approx(0.2, abs=0.01)
    assert strip[340] == pytest.approx(0.6, abs=0.01)


def test_every_picture_needs_its_number():
    with pytest.raises(OptionError, match="number each"):
        contact_sheet(np.zeros((4, 4)), np.zeros((2, 4, 4)), [1])


def test_a_sheet_has_room_for_so_many():
    with pytest.raises(OptionError, match="1 to 10"):
        contact_sheet(np.zeros((4, 4)), np.zeros((11, 4, 4)), range(11), width=400)

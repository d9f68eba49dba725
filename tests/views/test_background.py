import pytest

from spikecam.errors import OptionError
from spikecam.views.background import check_background


@pytest.mark.parametrize("level", [-0.01, 1.01, float("nan")])
def test_a_background_that_is_no_gray_level_is_refused(level):
    check_background(0)
    check_background(1)
    with pytest.raises(OptionError, match="from 0 for black to 1 for white, not"):
        check_background(level)

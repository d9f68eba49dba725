import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam.errors import OptionError, RangeError
from spikecam.orientation import ROTATIONS, Orientation

FLIPS = (None, "vertical", "horizontal", "both")


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (Orientation(), [[1, 2, 3], [4, 5, 6]]),
        (Orientation(flip="vertical"), [[4, 5, 6], [1, 2, 3]]),
        (Orientation(flip="horizontal"), [[3, 2, 1], [6, 5, 4]]),
        (Orientation(flip="both"), [[6, 5, 4], [3, 2, 1]]),
        (Orientation(rotate=90), [[4, 1], [5, 2], [6, 3]]),
        (Orientation(rotate=180), [[6, 5, 4], [3, 2, 1]]),
        (Orientation(rotate=270), [[3, 6], [2, 5], [1, 4]]),
        (Orientation("vertical", 90), [[1, 4], [2, 5], [3, 6]]),
        (Orientation("vertical", 90, ((1, 3), (1, 2))), [[5], [6]]),
    ],
)
def test_frames_are_flipped_then_rotated_clockwise_then_cropped(orientation, expected):
    assert orientation.apply(np.array([[1, 2, 3], [4, 5, 6]])).tolist() == expected
    assert orientation.oriented_shape((2, 3)) == np.shape(expected)


@given(st.sampled_from(FLIPS), st.sampled_from(ROTATIONS), st.integers(1, 9), st.integers(1, 9))
def test_turning_back_gives_the_frames_again(flip, degrees, height, width):
    maps = np.arange(2 * height * width, dtype=np.float32).reshape(2, height, width)
    turned = Orientation(flip, degrees).apply(maps)
    assert np.array_equal(turned[1], Orientation(flip, degrees).apply(maps[1]))
    back = Orientation(flip).apply(Orientation(rotate=-degrees % 360).apply(turned))
    assert np.array_equal(back, maps)


@pytest.mark.parametrize(
    ("text", "shape"),
    [("1:3,2:5", (2, 3)), (":3,4:", (3, 2)), (":,:", (4, 6)), ("0:4,0:6", (4, 6))],
)
def test_a_crop_is_also_text_whose_ends_may_be_left_out(text, shape):
    assert Orientation(crop=text).oriented_shape((4, 6)) == shape


def test_what_is_no_orientation_is_refused():
    for options, message in (
        ({"flip": "sideways"}, "vertical, horizontal or both, not 'sideways'"),
        ({"rotate": 45}, "90, 180 or 270 degrees clockwise, not 45"),
        ({"crop": "1:2"}, "crop 1:2: expected TOP:BOTTOM,LEFT:RIGHT"),
        ({"crop": "-1:2,0:1"}, "in whole numbers"),
        ({"crop": (1, 2)}, r"\(\(top, bottom\), \(left, right\)\)"),
        ({"crop": ((0, 1.5), (0, 2))}, "in pixels"),
    ):
        with pytest.raises(OptionError, match=message):
            Orientation(**options)


@pytest.mark.parametrize("text", ["0:5,0:6", "2:2,0:6", "3:1,0:6", "0:4,6:", "4:,:"])
def test_a_crop_outside_the_frame_is_refused(text):
    with pytest.raises(RangeError, match=r"are not inside car\.dat, whose (rows|columns) are 0:"):
        Orientation(crop=text).oriented_shape((4, 6), "car.dat")
    with pytest.raises(RangeError, match=r"car\.dat, flipped and rotated, whose rows are 0:6"):
        Orientation(rotate=90, crop=":7,:").oriented_shape((4, 6), "car.dat")

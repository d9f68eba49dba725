from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam.errors import OptionError, RangeError
from spikecam.exposure import (
    Exposure,
    blurred,
    exposures,
    to_encoded,
    to_linear,
)


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(0, 256, (97, 6, 8, 3), np.uint8)


def test_exposures_are_those_of_the_protocol():
    assert exposures(137) == [(20, 117)]
    # 30 frames of video, 7 between neighbours: the next exposure starts after 7 frames.
    assert exposures(29 * 8 + 1) == [(20, 117)]
    assert exposures(345) == [(20, 117), (124, 221), (228, 325)]


@given(st.integers(1, 500), st.integers(1, 40), st.integers(0, 9), st.integers(0, 9))
def test_exposures_fill_what_there_is(total, length, gap, margin):
    if total < length + 2 * margin:
        with pytest.raises(RangeError, match=f"at least {length + 2 * margin}"):
            exposures(total, length=length, gap=gap, margin=margin)
        return
    spans = exposures(total, length=length, gap=gap, margin=margin)
    assert spans[0][0] == margin
    assert {stop - start for start, stop in spans} == {length}
    assert all(b[0] - a[1] == gap for a, b in pairwise(spans))
    left = total - margin - spans[-1][1]
    assert 0 <= left < length + gap


def test_exposures_that_cannot_be_are_refused():
    for wrong in ({"length": 0}, {"gap": -1}, {"margin": -1}):
        with pytest.raises(OptionError, match="0 or more"):
            exposures(500, **wrong)
    with pytest.raises(OptionError, match="whole frames"):
        exposures(500.0)


def test_blur_is_the_mean(frames):
    expected = (frames.mean(axis=0) / 255).astype(np.float32)
    assert blurred(iter(frames)).dtype == np.float32
    assert np.array_equal(blurred(iter(frames)), expected)
    assert np.allclose(blurred(frames / 255), expected, atol=1e-7)


def test_light_is_averaged_where_asked(frames):
    light = to_linear(frames / 255).mean(axis=0)
    assert np.allclose(blurred(frames, linear=True), to_encoded(light), atol=1e-6)
    assert np.allclose(blurred(frames / 255, linear=True), to_encoded(light), atol=1e-6)
    # Light is bright for longer than gamma-encoded values are.
    assert (blurred(frames, linear=True) > blurred(frames)).all()


def test_one_frame_stays_itself(frames):
    one = (frames[0] / 255).astype(np.float32)
    assert np.array_equal(blurred(frames[:1]), one)
    assert np.allclose(blurred(frames[:1], linear=True), one, atol=1e-6)


def test_the_srgb_curve_is_that_of_the_standard():
    # 8-bit middle gray is 21.6 % of the light; the two branches meet.
    assert to_linear(128 / 255) == pytest.approx(0.21586, abs=1e-5)
    assert to_linear(0.04045) == pytest.approx(to_linear(0.0404501), abs=1e-6)
    values = np.linspace(0, 1, 1001)
    assert np.allclose(to_encoded(to_linear(values)), values, atol=1e-7)
    assert (to_linear([0, 1]) == [0, 1]).all()


def test_an_exposure_takes_frames_one_at_a_time(frames):
    picture = Exposure()
    for frame in frames:
        picture.add(frame)
    assert np.array_equal(picture.picture(), blurred(frames))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "there was none"),
        ([np.zeros((4, 5)), np.zeros((4, 6))], "frame 2 is"),
        ([np.zeros((4, 5)), np.full((4, 5), np.nan)], "frame 2 of an exposure .* nan"),
        ([np.full((4, 5), np.inf)], "inf"),
        ([np.full((4, 5), 1.01)], "from 1.01 to 1.01"),
        ([np.full((4, 5), -0.5)], "from -0.5"),
        ([np.zeros((4, 5), np.int64)], "int64"),
        ([np.zeros((4, 5, 2))], "frame 1 of an exposure is"),
    ],
)
@pytest.mark.parametrize("linear", [False, True])
def test_frames_that_cannot_be_averaged_are_refused(wrong, message, linear):
    with pytest.raises(OptionError, match=message):
        blurred(iter(wrong), linear=linear)

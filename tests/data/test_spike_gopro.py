from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam.data.spike_gopro import EXPOSURE, RECORDING_FRAMES, exposure_spans
from spikecam.errors import OptionError, RangeError
from spikecam.scenes.motion import SCENE_EXPOSURE, SCENE_FRAMES


def test_scenes_have_the_timing_of_a_pair_by_default():
    assert (SCENE_FRAMES, SCENE_EXPOSURE) == (RECORDING_FRAMES, EXPOSURE)


def test_exposures_are_those_of_the_protocol():
    assert exposure_spans(137) == [(20, 117)]
    # 30 frames of video, 7 between neighbours: the next exposure starts after 7 frames.
    assert exposure_spans(29 * 8 + 1) == [(20, 117)]
    assert exposure_spans(345) == [(20, 117), (124, 221), (228, 325)]


@given(st.integers(1, 500), st.integers(1, 40), st.integers(0, 9), st.integers(0, 9))
def test_exposures_fill_what_there_is(total, length, gap, margin):
    if total < length + 2 * margin:
        with pytest.raises(RangeError, match=f"at least {length + 2 * margin}"):
            exposure_spans(total, length=length, gap=gap, margin=margin)
        return
    spans = exposure_spans(total, length=length, gap=gap, margin=margin)
    assert spans[0][0] == margin
    assert {stop - start for start, stop in spans} == {length}
    assert all(b[0] - a[1] == gap for a, b in pairwise(spans))
    left = total - margin - spans[-1][1]
    assert 0 <= left < length + gap


def test_exposures_that_cannot_be_are_refused():
    for wrong in ({"length": 0}, {"gap": -1}, {"margin": -1}):
        with pytest.raises(OptionError, match="0 or more"):
            exposure_spans(500, **wrong)
    with pytest.raises(OptionError, match="whole frames"):
        exposure_spans(500.0)

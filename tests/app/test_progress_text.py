"""What a page says while work goes on."""

import pytest

from spikecam.app import progress_text
from spikecam.app.progress_text import TimeLeft, describe_progress


@pytest.fixture
def clock(monkeypatch):
    """The time in seconds, in a list of one."""
    now = [0.0]
    monkeypatch.setattr(progress_text.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("finished", "seconds", "text"),
    [
        (0, 12.3, "the first of 7 frames, since 12 s"),
        (2, 10.0, "2 of 7 frames, about 25 s left"),
        (6, 3.0, "6 of 7 frames"),
        (7, 90.0, "7 of 7 frames"),
    ],
)
def test_progress_says_how_far_and_how_long(clock, finished, seconds, text):
    time_left = TimeLeft()
    clock[0] = seconds
    assert describe_progress(finished, 7, time_left) == text


def test_the_pace_is_measured_from_the_end_of_the_first_part(clock):
    time_left = TimeLeft()
    clock[0] = 50
    assert time_left.describe(0) == ""
    # The network was loaded before the first.
    clock[0] = 60
    assert time_left.describe(0.1) == "about 9 min left"
    clock[0] = 70
    assert time_left.describe(0.2) == "about 80 s left"
    clock[0] = 138
    assert time_left.describe(0.88) == "about 12 s left"
    assert time_left.describe(0.99) == ""

"""What a page says while work goes on."""

import pytest

from spikecam.app.progress_text import describe_progress, format_time_left


@pytest.mark.parametrize(
    ("finished", "seconds", "text"),
    [
        (0, 12.3, "the first of 7 frames, since 12 s"),
        (2, 10.0, "2 of 7 frames, about 25 s left"),
        (6, 3.0, "6 of 7 frames"),
        (7, 90.0, "7 of 7 frames"),
    ],
)
def test_progress_says_how_far_and_how_long(finished, seconds, text):
    assert describe_progress(finished, 7, seconds) == text


@pytest.mark.parametrize(
    ("share", "seconds", "text"),
    [
        (0, 50, ""),
        (0.5, 1, ""),
        (0.5, 100, "about 100 s left"),
        (0.25, 100, "about 5 min left"),
    ],
)
def test_the_time_that_is_left_is_estimated(share, seconds, text):
    assert format_time_left(share, seconds) == text

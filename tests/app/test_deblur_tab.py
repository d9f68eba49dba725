"""What the page says while a sequence is made."""

import pytest

from spikecam.app.deblur_tab import describe_progress


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

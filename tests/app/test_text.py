import pytest

from spikecam.app.text import format_bytes, format_duration


@pytest.mark.parametrize(
    ("frames", "rate", "text"),
    [(68, 20_000, "3.40 ms"), (40_000, 20_000, "2 s"), (68, None, ""), (0, 20_000, "0 ms")],
)
def test_durations(frames, rate, text):
    assert format_duration(frames, rate) == text


@pytest.mark.parametrize(("count", "text"), [(12, "12 bytes"), (1234, "1.23 kB"), (2e9, "2 GB")])
def test_bytes(count, text):
    assert format_bytes(count) == text

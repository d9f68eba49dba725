import pytest

from spikecam.app.text import format_bytes, format_duration, word_for_page


@pytest.mark.parametrize(
    ("frames", "rate", "text"),
    [(68, 20_000, "3.40 ms"), (40_000, 20_000, "2 s"), (68, None, ""), (0, 20_000, "0 ms")],
)
def test_durations(frames, rate, text):
    assert format_duration(frames, rate) == text


@pytest.mark.parametrize(("count", "text"), [(12, "12 bytes"), (1234, "1.23 kB"), (2e9, "2 GB")])
def test_bytes(count, text):
    assert format_bytes(count) == text


def test_sentences_name_what_the_page_has():
    sentence = "turn it with --flip or --rotate, or turn this check off with --no-check-match"
    assert word_for_page(sentence) == (
        "turn it with spikecam convert, or turn this check off with the switch "
        '"Check that picture and spikes match"'
    )
    assert word_for_page("choose a smaller window") == "choose a smaller window"

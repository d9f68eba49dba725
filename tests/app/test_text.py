import os
import re
from pathlib import Path

import pytest

from spikecam.app.text import (
    format_bytes,
    format_date,
    format_duration,
    legible_text,
    path_from_url_text,
    path_to_url_text,
    word_for_page,
)


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


def test_names_that_are_no_utf_8_are_legible_and_survive_an_address():
    path = Path(os.fsdecode(b"/a b/\xc0\xd6.dat"))
    assert legible_text(path.name) == "\N{REPLACEMENT CHARACTER}" * 2 + ".dat"
    text = path_to_url_text(path)
    assert text.isascii()
    assert path_from_url_text(text) == path
    assert path_from_url_text(path_to_url_text(Path("/日/100%.dat"))) == Path("/日/100%.dat")


def test_a_date_is_of_this_machine():
    assert re.fullmatch(r"2001-09-0[89] \d\d:46", format_date(1_000_000_000))

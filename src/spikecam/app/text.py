"""Numbers and sentences as a page writes them."""

from __future__ import annotations

import math
import os
import re
import time
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

CHECK_MATCH_LABEL = "Check that picture and spikes match"
# What Python makes of bytes in a file name that are no UTF-8.
_NOT_UTF_8 = re.compile("[\ud800-\udfff]")
# What the library calls by flags of the command line.
_WORDS_FOR_FLAGS = {
    "--no-check-match": f'the switch "{CHECK_MATCH_LABEL}"',
    "--flip or --rotate": "spikecam convert",
}


def format_duration(frames: float, rate: float | None) -> str:
    """Format the duration of frames at a rate in Hz, such as ``3.40 ms``.

    It is "" if the rate is unknown.
    """
    if rate is None:
        return ""
    seconds = frames / rate
    digits = max(0, 2 - math.floor(math.log10(seconds))) if seconds > 0 else 0
    return f"{1e3 * seconds:.{max(0, digits - 3)}f} ms" if seconds < 1 else f"{seconds:.3g} s"


def format_bytes(count: float) -> str:
    """Format a number of bytes in three digits, such as ``1.2 MB``."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def format_date(seconds: float) -> str:
    """Format seconds since 1970 as a date and time of this machine."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def word_for_page(sentence: str) -> str:
    """A sentence of the library with what the page has in the place of flags."""
    for flags, words in _WORDS_FOR_FLAGS.items():
        sentence = sentence.replace(flags, words)
    return sentence


def legible_text(text: str) -> str:
    """A text with file names in it, as a page can show it: what is no UTF-8 becomes a mark."""
    return _NOT_UTF_8.sub("\N{REPLACEMENT CHARACTER}", text)


def path_to_url_text(path: Path) -> str:
    """A path as plain text for an address, whatever bytes its name has."""
    return quote(os.fsencode(path), safe="/._- ")


def path_from_url_text(text: str) -> Path:
    """The path of `path_to_url_text`."""
    return Path(os.fsdecode(unquote_to_bytes(text)))

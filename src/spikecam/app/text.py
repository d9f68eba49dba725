"""Numbers and sentences as a page writes them."""

from __future__ import annotations

import math

CHECK_MATCH_LABEL = "Check that picture and spikes match"
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


def word_for_page(sentence: str) -> str:
    """A sentence of the library with what the page has in the place of flags."""
    for flags, words in _WORDS_FOR_FLAGS.items():
        sentence = sentence.replace(flags, words)
    return sentence

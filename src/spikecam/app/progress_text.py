"""How far a work is, in words, with the time that is left."""

from __future__ import annotations

_MIN_SECONDS_LEFT, _MINUTE = 2, 60
# An estimate from less than this share of the work is none.
_MIN_SHARE = 1e-3


def format_time_left(share: float, seconds: float) -> str:
    """Format the time that is left, such as ``about 25 s left``; "" where it is short or unknown.

    Args:
        share: of the work that is done, in [0, 1].
        seconds: since the start.
    """
    if share < _MIN_SHARE:
        return ""
    left = seconds / share * (1 - share)
    if left < _MIN_SECONDS_LEFT:
        return ""
    if left < 2 * _MINUTE:
        return f"about {left:.0f} s left"
    return f"about {left / _MINUTE:.0f} min left"


def describe_progress(finished: int, count: int, seconds: float, noun: str = "frames") -> str:
    """Describe how many of a number of things are made, with the time that is left.

    Args:
        finished: how many are finished.
        count: in all.
        seconds: since the start.
        noun: what they are called.
    """
    if not finished:
        return f"the first of {count} {noun}, since {seconds:.0f} s"
    left = format_time_left(finished / count, seconds)
    return ", ".join(filter(None, [f"{finished} of {count} {noun}", left]))

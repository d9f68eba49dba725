"""How far a work is, in words, with the time that is left."""

from __future__ import annotations

import time

_MIN_SECONDS_LEFT, _MINUTE = 2, 60
# An estimate from less than this share of the work is none.
_MIN_SHARE = 1e-3


class TimeLeft:
    """Estimate of the time that a work still takes, from its begin on.

    The first part of a work also waits for what is loaded: once there is a second one, the pace is
    measured from the end of the first.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._first: tuple[float, float] | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the begin."""
        return time.monotonic() - self._start

    def describe(self, share: float) -> str:
        """The time that is left, such as ``about 25 s left``; "" where it is short or unknown.

        Args:
            share: of the work that is done, in [0, 1].
        """
        if share < _MIN_SHARE:
            return ""
        seconds, part = self.elapsed, share
        if self._first is None:
            self._first = seconds, share
        elif share > self._first[1]:
            seconds, part = seconds - self._first[0], share - self._first[1]
        left = seconds / part * (1 - share)
        if left < _MIN_SECONDS_LEFT:
            return ""
        if left < 2 * _MINUTE:
            return f"about {left:.0f} s left"
        return f"about {left / _MINUTE:.0f} min left"


def describe_progress(finished: int, count: int, time_left: TimeLeft, noun: str = "frames") -> str:
    """Describe how many of a number of things are made, with the time that is left.

    Args:
        finished: how many are finished.
        count: in all.
        time_left: since the work began.
        noun: what they are called.
    """
    if not finished:
        return f"the first of {count} {noun}, since {time_left.elapsed:.0f} s"
    left = time_left.describe(finished / count)
    return ", ".join(filter(None, [f"{finished} of {count} {noun}", left]))

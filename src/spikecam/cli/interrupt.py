"""Signals that ask to stop: one sentence, and no output left half-written."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

CHECK_INTERVAL_SECONDS = 2.0
NO_HALF_OUTPUT = "no output was left half-written"

_requested = Event()
_notices = [NO_HALF_OUTPUT]
_main_process = os.getpid()
_last_check = -CHECK_INTERVAL_SECONDS


def raise_interrupt_on_signals() -> None:
    """Turn the signals that ask to stop into KeyboardInterrupt."""
    global _main_process
    _main_process = os.getpid()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)


@contextmanager
def notifying_of_interruption(*sentences: str) -> Iterator[None]:
    """Context in which an interrupted command prints these sentences.

    Without sentences it prints nothing.
    """
    before = _notices[:]
    _notices[:] = sentences
    try:
        yield
    finally:
        _notices[:] = before


def raise_if_interrupted() -> None:
    """Raise KeyboardInterrupt if a signal asked to stop.

    A library may have swallowed the exception that the signal raised.
    """
    global _last_check
    _last_check = time.monotonic()
    if _requested.is_set():
        raise KeyboardInterrupt


def clear_interruption() -> None:
    """Clear the request of a signal, before another command runs in this process."""
    _requested.clear()


def _stop(number: int, frame: FrameType | None) -> None:
    global _last_check
    if os.getpid() != _main_process:
        # A process that was forked this moment; the first one answers, and ends it. A terminal
        # asks all of them at once, and one that is gone would be missed.
        if number == signal.SIGINT:
            return
        os._exit(128 + number)
    if not _requested.is_set():
        for sentence in _notices:
            print(f"spikecam: interrupted; {sentence}", file=sys.stderr)
    _requested.set()
    # An exception in a callback, or while an object is removed, is lost. Work that checks often
    # ends at its next check; a second signal ends what does not come to one.
    if time.monotonic() - _last_check < CHECK_INTERVAL_SECONDS:
        _last_check = -CHECK_INTERVAL_SECONDS
        return
    if frame is None or not frame.f_code.co_filename.endswith("weakref.py"):
        raise KeyboardInterrupt

"""Ctrl-C and its like end a command in one sentence, and leave nothing half-written."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

_asked = Event()
_told = ["no output was left half-written"]
_first = os.getpid()
# Seconds: when the work last looked whether it was asked to stop, and what is often.
_OFTEN = 2.0
_looked = -_OFTEN


def listen() -> None:
    """Turn the signals that ask to stop into KeyboardInterrupt."""
    global _first
    _first = os.getpid()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)


@contextmanager
def saying(*told: str) -> Iterator[None]:
    """Within, an interrupted command says this of its output, or nothing at all."""
    before = _told[:]
    _told[:] = told
    try:
        yield
    finally:
        _told[:] = before


def _stop(number: int, frame: FrameType | None) -> None:
    global _looked
    if os.getpid() != _first:
        # A process that was forked this moment; the first one answers, and ends it. A terminal
        # asks all of them at once, and one that is gone would be missed.
        if number == signal.SIGINT:
            return
        os._exit(128 + number)
    if not _asked.is_set():
        for text in _told:
            print(f"spikecam: interrupted; {text}", file=sys.stderr)
    _asked.set()
    # What is raised in a callback or while an object is removed is lost. Work that looks often
    # ends at its next step; a second request ends what does not come to one.
    if time.monotonic() - _looked < _OFTEN:
        _looked = -_OFTEN
        return
    if frame is None or not frame.f_code.co_filename.endswith("weakref.py"):
        raise KeyboardInterrupt


def check() -> None:
    """Stop now if it was asked for: a library may have swallowed the interruption."""
    global _looked
    _looked = time.monotonic()
    if _asked.is_set():
        raise KeyboardInterrupt

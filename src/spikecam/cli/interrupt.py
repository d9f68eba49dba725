"""Ctrl-C and its like end a command in one sentence, and leave nothing half-written."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

_asked = Event()
_told = ["no output was left half-written"]


def listen() -> None:
    """Turn the signals that ask to stop into KeyboardInterrupt."""
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


def _stop(_number: int, frame: FrameType | None) -> None:
    if not _asked.is_set():
        for text in _told:
            print(f"spikecam: interrupted; {text}", file=sys.stderr)
    _asked.set()
    # Within a weak reference's callback nothing can be raised; the next step checks.
    if frame is None or not frame.f_code.co_filename.endswith("weakref.py"):
        raise KeyboardInterrupt


def check() -> None:
    """Stop now if it was asked for: a library may have swallowed the interruption."""
    if _asked.is_set():
        raise KeyboardInterrupt

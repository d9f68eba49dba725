"""Ctrl-C and its like end a command in one sentence, and leave nothing half-written."""

from __future__ import annotations

import signal
import sys
from threading import Event

_asked = Event()


def listen() -> None:
    """Turn the signals that ask to stop into KeyboardInterrupt."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)


def _stop(_number: int, _frame: object) -> None:
    if not _asked.is_set():
        print("spikecam: interrupted; no output was left half-written", file=sys.stderr)
    _asked.set()
    raise KeyboardInterrupt


def check() -> None:
    """Stop now if it was asked for: a library may have swallowed the interruption."""
    if _asked.is_set():
        raise KeyboardInterrupt

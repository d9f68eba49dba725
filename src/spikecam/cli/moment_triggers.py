"""What triggers the recording of a moment while a command runs: a key, a signal, a file."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

_FILE_POLL_SECONDS = 0.02
_TERMINAL = Path("/dev/tty")


def trigger_on_enter(trigger: Callable[[], None], *, stdin_is_feed: bool) -> bool:
    """Call ``trigger`` for each line that is typed, where there is a terminal; return whether.

    A process in the background does not read it: the system would stop the process.
    """
    terminal: TextIO = sys.stdin
    if stdin_is_feed:
        try:
            terminal = _TERMINAL.open(encoding="utf-8", errors="replace")
        except OSError:
            return False
    if not terminal.isatty() or _is_in_background(terminal):
        return False

    def read_lines() -> None:
        for _ in terminal:
            trigger()

    threading.Thread(target=read_lines, daemon=True).start()
    return True


def _is_in_background(terminal: TextIO) -> bool:
    if not hasattr(os, "tcgetpgrp"):
        return False
    # A file that stands for a terminal has no descriptor, or another one.
    with suppress(OSError):
        return os.tcgetpgrp(terminal.fileno()) != os.getpgrp()
    return False


@contextmanager
def trigger_on_signal(trigger: Callable[[], None]) -> Iterator[bool]:
    """Context in which the signal SIGUSR1 calls ``trigger``; its value is whether there is one."""
    if not hasattr(signal, "SIGUSR1"):
        yield False
        return
    before = signal.signal(signal.SIGUSR1, lambda *_: trigger())
    try:
        yield True
    finally:
        # None is a handler that was not set by Python, which cannot set it again.
        signal.signal(signal.SIGUSR1, signal.SIG_DFL if before is None else before)


def trigger_on_file(trigger: Callable[[], None], path: Path) -> None:
    """Call ``trigger`` each time that a file appears or is written to, as ``touch`` does."""
    before = _modification(path)

    def watch() -> None:
        latest = before
        while True:
            time.sleep(_FILE_POLL_SECONDS)
            now = _modification(path)
            if now not in (None, latest):
                trigger()
            latest = now

    threading.Thread(target=watch, daemon=True).start()


def _modification(path: Path) -> tuple[int, int] | None:
    """Identity and time of a file; None where there is none."""
    with suppress(OSError):
        status = path.stat()
        return status.st_ino, status.st_mtime_ns
    return None

"""The most memory that a process takes: the kernel's own mark, on Linux only.

What getrusage says of a child counts the memory of its parent, too; this does not.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

# The exit handler also runs where the command ends the interpreter itself.
_TELL_PEAK = """
import atexit
from spikecam.bench.peak_memory import own_peak
from spikecam.cli.main import main
atexit.register(lambda: print(own_peak()))
main()
"""


def own_peak() -> int | None:
    """The most bytes that this process has taken so far; None where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
    return int(found[1]) * 1024 if found else None


def peak_of(command: list[str]) -> tuple[int, float]:
    """Peak memory in bytes, and seconds, of a ``spikecam`` command in a process of its own."""
    start = time.perf_counter()
    said = _said(["-c", _TELL_PEAK, *command])
    return int(said.split()[-1]), time.perf_counter() - start


def peak_of_module(module: str, *args: str) -> int | None:
    """Peak memory in bytes of ``python -m module``, which prints it as its last word."""
    last = _said(["-m", module, *args]).split()[-1]
    return None if last == "None" else int(last)


def _said(args: list[str]) -> str:
    ended = subprocess.run([sys.executable, *args], stdout=subprocess.PIPE, text=True, check=True)
    return ended.stdout

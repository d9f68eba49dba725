"""The most memory that a process takes: the kernel's own mark, on Linux only.

What getrusage reports of a child process includes the memory of its parent; this does not.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

# The exit handler also runs where the command ends the interpreter itself.
_PRINT_PEAK = """
import atexit
from spikecam.bench.peak_memory import own_peak_memory
from spikecam.cli.main import main
atexit.register(lambda: print(own_peak_memory()))
main()
"""


def own_peak_memory() -> int | None:
    """Peak memory of this process in bytes.

    It is None where the system does not say.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
    return int(found[1]) * 1024 if found else None


def peak_memory_and_seconds(command: list[str]) -> tuple[int, float]:
    """Peak memory and seconds of a ``spikecam`` command, which runs in a process of its own."""
    start = time.perf_counter()
    output = _python_output(["-c", _PRINT_PEAK, *command])
    return int(output.split()[-1]), time.perf_counter() - start


def peak_memory_of_module(module: str, *args: str) -> int | None:
    """Peak memory in bytes of a module that is run as a program.

    The program prints it as its last word.
    """
    last = output_of_module(module, *args).split()[-1]
    return None if last == "None" else int(last)


def output_of_module(module: str, *args: str) -> str:
    """What a module that is run as a program prints."""
    return _python_output(["-m", module, *args])


def _python_output(args: list[str]) -> str:
    ended = subprocess.run([sys.executable, *args], stdout=subprocess.PIPE, text=True, check=True)
    return ended.stdout

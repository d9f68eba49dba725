"""How long it takes until anything happens: import, help, and opening a terabyte."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import spikecam as sc
from spikecam.bench.timing import median_seconds_of_two


def measure_startup(say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Measure how long the program takes to start; one row for each case.

    In milliseconds: import, help, and opening a recording of a terabyte.
    """
    rows: list[dict[str, Any]] = []
    for what, code in {
        "import spikecam": "import spikecam",
        "spikecam --help": "import sys; sys.argv = ['spikecam', '--help']\n"
        "from spikecam.cli.main import main; main()",
    }.items():
        ours, python = median_seconds_of_two(
            partial(_run_python, code), partial(_run_python, "pass"), 7
        )
        rows.append({"what": f"{what}, over an empty interpreter", "ms": (ours - python) * 1e3})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "terabyte.dat"
        path.touch()
        try:
            os.truncate(path, 80_000_000 * 12_500)
        except OSError as error:
            say(f"open a terabyte: not measured, {error.strerror}")
            return rows
        ours, _ = median_seconds_of_two(lambda: sc.open(path, "gen2"), lambda: None, 9)
        rows.append({"what": "open a terabyte", "ms": ours * 1e3})
        ours, _ = median_seconds_of_two(
            lambda: sc.open(path, "gen2")[40_000_000:][:41].count(), lambda: None, 9
        )
        rows.append({"what": "open it and count 41 frames", "ms": ours * 1e3})
    for row in rows:
        say(f"{row['what']:<44}{row['ms']:9.1f} ms")
    return rows


def _run_python(code: str) -> None:
    """Run code in a Python process of its own."""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)

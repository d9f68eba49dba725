"""How long it takes until anything happens: import, help, and opening a terabyte."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import spikecam as sc
from spikecam.bench.timing import seconds


def measure_start() -> None:
    """Print what import, help and opening a terabyte take."""
    for what, code in {
        "import spikecam": "import spikecam",
        "spikecam --help": "import sys; sys.argv = ['spikecam', '--help']\n"
        "from spikecam.cli.main import main; main()",
    }.items():
        ours, python = seconds(partial(_run_python, code), partial(_run_python, "pass"), 7)
        print(f"{what:<34}{(ours - python) * 1e3:9.1f} ms  over an empty interpreter")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "terabyte.dat"
        path.touch()
        try:
            os.truncate(path, 80_000_000 * 12_500)
        except OSError as error:
            print(f"open a terabyte: not measured, {error.strerror}")
            return
        ours, _ = seconds(lambda: sc.open(path, "gen2"), lambda: None, 9)
        print(f"{'open a terabyte':<34}{ours * 1e3:9.1f} ms")
        ours, _ = seconds(lambda: sc.open(path, "gen2")[40_000_000:][:41].count(), lambda: None, 9)
        print(f"{'open it and count 41 frames':<34}{ours * 1e3:9.1f} ms")


def _run_python(code: str) -> None:
    """Run code in an interpreter of its own."""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)

"""The tests of devices work: on the processor beside itself."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_processor_agrees_with_itself():
    tests = Path(__file__).with_name("test_methods.py")
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(tests),
            "-k",
            "refined",
        ],
        env={**os.environ, "SPIKECAM_TEST_DEVICE": "cpu"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout

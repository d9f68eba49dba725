"""The program that uses the app at random: for some seconds, and on what it should notice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytest.importorskip("psutil", reason="needs psutil")
TOOL = Path(__file__).parents[2] / "tools" / "soak_app.py"


@pytest.fixture(scope="module")
def tool(load_tool):
    return load_tool("soak_app")


MEMORY = [(0, 300e6), (10, 320e6), (20, 330e6), (30, 330e6)]


def test_nothing_is_no_fault(tool):
    found = tool.Soak(memory=MEMORY, log="app at http://127.0.0.1\nended\n")
    assert found.growth == 10
    assert found.faults(200) == []


@pytest.mark.parametrize(
    "log",
    [
        "ended\nTraceback (most recent call last):\n  File",
        "2026-01-01 ERROR nicegui: no page",
        "ValueError: what was typed",
    ],
)
def test_errors_in_the_log_are_faults(tool, log):
    (fault,) = tool.Soak(memory=MEMORY, log=log).faults(200)
    assert fault.startswith("the server's log: ")


def test_errors_of_scripts_and_growth_are_faults(tool):
    memory = [*MEMORY, (40, 900e6)]
    found = tool.Soak(script_errors=["x is undefined"] * 2, memory=memory)
    assert found.faults(200) == [
        "script error: x is undefined",
        "the server's memory grew by 580 MB",
    ]
    assert len(found.faults(600)) == 1


def test_the_app_lasts_some_seconds():
    if shutil.which("chromium") is None and shutil.which("chromium-browser") is None:
        pytest.skip("there is no Chromium; make browser installs it on Debian")
    # By this name NiceGUI takes itself to be under test, and does not serve.
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    command = [sys.executable, TOOL, "--minutes", "0.07", "--seed", "1", "--growth", "1000"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "actions: " in ended.stdout
    assert "memory of the server in MB: " in ended.stdout

"""The app as a process of its own, and a real browser to look at it with."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
# Notes where a process connects to.
WATCH = """
import os, sys

def watch(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple) or event == "socket.getaddrinfo":
        host = args[1][0] if event == "socket.connect" else args[0]
        if host not in ("127.0.0.1", "localhost", "::1", None):
            with open(os.environ["SPIKECAM_WATCHED"], "a") as file:
                file.write(f"{event} {host}\\n")

sys.addaudithook(watch)
"""
_MAIN = f"{WATCH}\nfrom spikecam.cli.main import main\nmain()"
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium, without which the app is not tested: make browser")
        pytest.skip("no Chromium; make browser installs it on Debian")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # The tests' pages are ours, and the sandbox refuses to run as root.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def watch():
    """Code that notes in the file SPIKECAM_WATCHED where a process connects to."""
    return WATCH


@pytest.fixture
def page(browser):
    """A page that notes where it asks, and what goes wrong in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.asked, opened.errors = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    yield opened
    context.close()


@pytest.fixture
def served(tmp_path):
    """Starts a command of spikecam and returns its address; ends it as Ctrl-C does.

    It fails where the command asks for any other machine.
    """
    running = []
    outside = tmp_path / "asked-outside"

    def start(*args, **kwargs):
        # By this name NiceGUI takes itself to be under test, and does not serve.
        inherited = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
        inherited["SPIKECAM_WATCHED"] = str(outside)
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *map(str, args), "--no-browser"],
            stdout=subprocess.PIPE,
            text=True,
            env=inherited,
            **kwargs,
        )
        running.append(process)
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?key=\S+", line)
        assert found, line
        _listening(int(found[1]))
        return found[0], process

    yield start
    for process in running:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()
    assert not outside.exists(), outside.read_text()


def _listening(port):
    """Wait until somebody does."""
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"nobody listens on port {port}")


@pytest.fixture
def shot(page):
    """Keeps a screenshot under a name."""

    def take(name):
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return take

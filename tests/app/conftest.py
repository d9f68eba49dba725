"""The app as a process of its own, a real browser, and files that the app may open."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import spikecam as sc
from spikecam import sample
from spikecam.app.file_list import AllowedFiles

# Writes down the machines that a process connects to.
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


@pytest.fixture
def watch():
    """Code that writes the machines that a process connects to into the file SPIKECAM_WATCHED."""
    return WATCH


@pytest.fixture
def page(browser):
    """A page that collects the URLs it requests, and its errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    new_page = context.new_page()
    new_page.set_default_timeout(30_000)
    new_page.requested_urls, new_page.errors = [], []
    new_page.on("request", lambda request: new_page.requested_urls.append(request.url))
    new_page.on("pageerror", lambda error: new_page.errors.append(str(error)))
    yield new_page
    context.close()


@contextmanager
def _serving(folder):
    """Gives a function that starts a command of spikecam; what it started ends as by Ctrl-C.

    It fails where a command connects to any other machine.
    """
    processes = []
    outside = folder / "connections"

    def start(*args, **kwargs):
        # By this name NiceGUI takes itself to be under test, and does not serve.
        environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
        environment["SPIKECAM_WATCHED"] = str(outside)
        # What it remembers of earlier runs is not this machine's.
        environment["XDG_STATE_HOME"] = str(outside.with_name("state"))
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *map(str, args), "--no-browser"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            **kwargs,
        )
        processes.append(process)
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)/\?key=\S+", line)
        assert address, line
        _wait_for_port(int(address[1]))
        return address[0], process

    yield start
    for process in processes:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()
    assert not outside.exists(), outside.read_text()


@pytest.fixture
def served(tmp_path):
    """Starts a command of spikecam and returns its address and process, for one test."""
    with _serving(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def served_for_module(tmp_path_factory):
    """As `served`, but the command runs until the tests of a file have ended."""
    with _serving(tmp_path_factory.mktemp("served")) as start:
        yield start


@pytest.fixture(scope="module")
def sample_address(tmp_path_factory):
    """Address of an app with the sample, for the tests of a file."""
    with _serving(tmp_path_factory.mktemp("served")) as start:
        yield f"{start('app')[0]}&recording=sample"


def _wait_for_port(port):
    """Wait until the server listens."""
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"no server listens on port {port}")


@pytest.fixture
def shot(page):
    """Saves a screenshot under a name."""

    def take(name):
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return take


@pytest.fixture
def files(tmp_path, spikes):
    """A folder of recordings and pictures, beside files that may not be opened."""
    folder = tmp_path / "folder"
    for name in ("b10.dat", "b9.dat", "a.npz"):
        sc.save(folder / name, sc.SpikeStream.from_array(spikes(60, 8, 16)))
    (folder / "b9.dat.json").unlink()
    sc.save(folder / "blur.png", np.full((32, 64, 3), 0.5))
    (folder / "inside").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("no recording")
    (tmp_path / "secret.dat").write_bytes(b"secret")
    (folder / "way-out.dat").symlink_to(tmp_path / "secret.dat")
    (folder / "dangling.dat").symlink_to(tmp_path / "nothing")
    (tmp_path / "uploads").mkdir()
    return AllowedFiles([folder / "a.npz"], tmp_path / "uploads")


@pytest.fixture
def corner(tmp_path):
    """A corner of the sample, of which samples are made quickly."""
    folder = tmp_path / "corner"
    spikes, blur = np.asarray(sc.open(sample.SPIKES))[:, :72, :128], sc.read_picture(sample.BLUR)
    sc.save(folder / "spikes.npz", sc.SpikeStream.from_array(spikes))
    sc.save(folder / "blur.png", blur[:288, :512])
    return folder

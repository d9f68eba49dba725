"""Use the app at random for a while, in Debian's Chromium, and report what goes wrong.

    python tools/soak_app.py [--minutes 30] [--seed 0] [--growth 200]

Opens recordings, clicks and types whatever the page shows, seeks, scrolls, and loads the page
anew. Fails on errors of scripts, on errors and tracebacks in the server's log, on pages that are
left, and where the server's memory grows by more than --growth megabytes after the first third of
the time. In a run of a few minutes networks that are loaded on first use count as growth, too.
"""

import argparse
import collections
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

import spikecam as sc
from spikecam import sample

CONTROLS = (
    "button, input:not([type=file]), select, summary, canvas, img, .q-item, .q-slider, .q-chip,"
    " [role=button], [role=tab], [role=option], [role=combobox], [role=checkbox],"
    " [role=switch], [role=radio], [role=slider]"
)
# Visible, enabled, on top where they are clicked, and no links, which may leave the page.
LIST_CONTROLS = """selector => [...document.querySelectorAll(selector)].flatMap(one => {
    const box = one.getBoundingClientRect();
    const inside = box.width > 3 && box.height > 3 && box.x >= 0 && box.y >= 0
        && box.right <= innerWidth && box.bottom <= innerHeight;
    if (!inside || one.closest("a[href], [disabled], .disabled")) return [];
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (!top || !(one.contains(top) || top.contains(one)) || top.closest("a[href]")) return [];
    const kind = one.getAttribute("role") || one.type || one.tagName.toLowerCase();
    return [{kind, x: box.x, y: box.y, width: box.width, height: box.height}];
})"""
KEYS = ("ArrowLeft", "ArrowRight", "Escape", "Tab", "Space", "Home", "End")
LOG_FAULT = re.compile(r"^Traceback|\b(?:ERROR|CRITICAL)\b|^\w*(?:Error|Exception)\b", re.M)
# Since the last time that memory was measured, and the page was loaded anew.
MEASURE_SECONDS, RELOAD_SECONDS = 2, 40


@dataclass
class Soak:
    """What was done, and what went wrong.

    ``memory`` holds (seconds, bytes) of the server and its processes.
    """

    actions: collections.Counter = field(default_factory=collections.Counter)
    script_errors: list = field(default_factory=list)
    memory: list = field(default_factory=list)
    log: str = ""

    @property
    def growth(self):
        """Megabytes at the end above the highest of the first third."""
        ends = self.memory[-1][0]
        early = max(used for seconds, used in self.memory if seconds <= ends / 3)
        late = sorted(used for seconds, used in self.memory if seconds >= ends * 0.9)
        return (late[len(late) // 2] - early) / 1e6

    def faults(self, most_growth):
        """What went wrong, a sentence each."""
        faults = [f"script error: {error}" for error in dict.fromkeys(self.script_errors)]
        if fault := LOG_FAULT.search(self.log):
            faults.append(f"the server's log: {self.log[fault.start() :][:2000]}")
        if self.growth > most_growth:
            faults.append(f"the server's memory grew by {self.growth:.0f} MB")
        return faults


def soak(seconds, seed=0):
    """Use the app for so many seconds; the same seed makes the same choices of a page alike."""
    report, rng = Soak(), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        recordings = Path(folder, "recordings")
        write_recordings(recordings)
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        # Chromium's sandbox is not available everywhere, and these pages are our own.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with served(recordings) as (address, process, log):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.on("pageerror", lambda error: report.script_errors.append(str(error)))
            page.on("dialog", lambda dialog: dialog.dismiss())
            page.on("response", lambda response: check_response(response, report))
            start, measured, loaded = time.monotonic(), 0.0, -RELOAD_SECONDS
            while (now := time.monotonic() - start) < seconds:
                if now - loaded > RELOAD_SECONDS:
                    page.goto(address)
                    loaded = now
                if now - measured > MEASURE_SECONDS or not report.memory:
                    report.memory.append((now, memory_of(process)))
                    measured = now
                # What moves away or is drawn anew meanwhile is no fault.
                with suppress(BrowserError):
                    report.actions[act(page, rng)] += 1
                if not page.url.startswith(address.split("?")[0]):
                    report.script_errors.append(f"the page was left for {page.url}")
                    page.goto(address)
                page.wait_for_timeout(rng.choice((20, 100, 400)))
            report.memory.append((seconds, memory_of(process)))
            if process.poll() is not None:
                report.script_errors.append(f"the server ended with {process.returncode}")
            page.close()
        browser.close()
        report.log = log.read_text()
    return report


def act(page, rng):
    """Do one thing on the page; its kind."""
    if rng.random() < 0.15:
        page.keyboard.press(rng.choice(KEYS))
        return "key"
    if rng.random() < 0.05:
        page.mouse.wheel(0, rng.choice((-600, 600)))
        return "scroll"
    controls = page.evaluate(LIST_CONTROLS, CONTROLS)
    if not controls:
        page.keyboard.press("Escape")
        return "nothing"
    # Kinds alike: a page may have a hundred files and one slider.
    kind = rng.choice(sorted({one["kind"] for one in controls}))
    box = rng.choice([one for one in controls if one["kind"] == kind])
    share = (rng.random(), rng.random()) if kind in ("slider", "img", "canvas") else (0.5, 0.5)
    page.mouse.click(box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"])
    if kind in ("number", "text"):
        page.keyboard.press("Control+a")
        page.keyboard.type(rng.choice(("0", "1", "7", "41", "320", "180", "5000", "-3", "x", "")))
        page.keyboard.press("Enter")
    return kind


def check_response(response, report):
    if response.status >= 500:
        report.script_errors.append(f"the server answers {response.status} to {response.url}")


def memory_of(process):
    """Bytes that the server and its processes hold; 0 where it has ended."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(process.pid)
        for one in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += one.memory_info().rss
    return total


def write_recordings(folder):
    """Recordings of several formats and sizes, and a blurry picture."""
    folder.mkdir()
    for path in (sample.SPIKES, sample.SIDECAR, sample.BLUR):
        shutil.copyfile(path, folder / path.name)
    # Its size is asked for.
    shutil.copyfile(sample.SPIKES, folder / "bare.dat")
    rng = np.random.default_rng(0)
    for name, shape in (
        ("small.npz", (60, 8, 16)),
        ("short.dat", (3, 40, 30)),
        ("a/b.h5", (200, 90, 70)),
    ):
        sc.save(folder / name, sc.SpikeStream.from_array(rng.random(shape) < 0.3, rate=20_000))
    (folder / "broken.npz").write_bytes(b"no recording")


@contextmanager
def served(folder):
    """The app over a folder: its address, process and log, while it runs."""
    code = "from spikecam.cli.main import main; main()"
    log = folder.with_suffix(".log")
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "app", folder, "--no-browser"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            address = re.search(r"http://127\.0\.0\.1:(\d+)/\S*", process.stdout.readline())
            wait_for_port(int(address[1]))
            yield address[0], process, log
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def wait_for_port(port):
    for _ in range(200):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise TimeoutError(f"no server listens on port {port}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--growth", type=float, default=200, help="megabytes that are no fault")
    args = parser.parse_args()
    report = soak(60 * args.minutes, args.seed)
    print("actions:", ", ".join(f"{kind} {n}" for kind, n in report.actions.most_common()))
    used = [f"{bytes / 1e6:.0f}" for _, bytes in report.memory[:: max(1, len(report.memory) // 10)]]
    print(f"memory of the server in MB: {' '.join(used)}; growth {report.growth:.0f}")
    faults = report.faults(args.growth)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

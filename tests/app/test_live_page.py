"""The live view in a browser."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import numpy as np
from fastapi import FastAPI

import spikecam as sc
from spikecam import sample
from spikecam.app import live_page, server
from spikecam.app.live_page import serve_live
from spikecam.app.live_status import format_live_status
from spikecam.io.geometry import Geometry
from spikecam.online.live_reconstruction import LiveReconstruction

CAMERA = """
import sys, time
packed = open(sys.argv[1], "rb").read()
end = time.monotonic() + 20
while time.monotonic() < end:
    sys.stdout.buffer.write(packed)
    sys.stdout.buffer.flush()
    time.sleep(0.04)
"""


def test_a_camera_is_watched_while_it_records(served, page, shot):
    camera = subprocess.Popen([sys.executable, "-c", CAMERA, sample.SPIKES], stdout=subprocess.PIPE)
    try:
        options = ("--size", "320x180", "--method", "tfstp")
        pipes = {"stdin": camera.stdout, "stderr": subprocess.PIPE}
        address, process = served("live", "-", *options, **pipes)
        # The picture never ends, and so the page is never loaded as a whole.
        page.goto(address, wait_until="commit")
        page.get_by_text(
            re.compile(r"[\d,]{4,} frames a second read, [1-9]\d* pictures a second made, [1-9]")
        ).wait_for()
        page.wait_for_function("document.querySelector('img').naturalWidth == 320")
        page.get_by_role("button", name="TFP", exact=True).click()
        page.get_by_label("Window in frames").fill("9")
        other = page.context.new_page()
        other.goto(address, wait_until="commit")
        # Another page has a method of its own.
        other.locator("[aria-pressed=true]", has_text="TFSTP").wait_for()
        page.locator("[aria-pressed=true]", has_text=re.compile("^TFP")).wait_for()
        other.close()
        page.wait_for_timeout(500)
        shot("6-live")
        page.get_by_role("button", name="Freeze").click()
        # A busy browser shows pictures late that came before.
        for _ in range(10):
            still = page.locator("img.live").screenshot()
            page.wait_for_timeout(700)
            if page.locator("img.live").screenshot() == still:
                break
        page.wait_for_timeout(700)
        assert page.locator("img.live").screenshot() == still
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the picture").click()
        assert re.fullmatch(r"standard-input-\d{6,}-tfp\.png", download.value.suggested_filename)
        page.get_by_role("button", name="Full screen").click()
        page.wait_for_function("document.fullscreenElement?.matches('img.live')")
        page.evaluate("document.exitFullscreen()")
        page.get_by_role("button", name="Go on").click()
        assert page.errors == []
        process.send_signal(signal.SIGINT)
        printed, complaints = process.communicate(timeout=20)
        assert process.returncode == 0
        assert re.search(r"[\d,]+ frames, [\d,]+ a second; \d+ pictures", printed)
        assert complaints == ""
    finally:
        camera.kill()
        camera.wait()
        camera.stdout.close()


def test_the_live_page_says_when_it_ends(served, page, tmp_path):
    packed = sc.open(sample.SPIKES).packed().tobytes()
    pipe, into = os.pipe()
    address, _ = served("live", "-", "--camera", "spike-gopro", stdin=pipe)
    page.goto(address, wait_until="commit")
    page.get_by_text("standard input, 320 x 180, 0 frames; 0 frames a second read").wait_for()
    for start in range(0, len(packed), 4096):
        os.write(into, packed[start : start + 4096])
    os.close(into)
    page.get_by_text(re.compile("ended: 137 frames")).wait_for()
    os.close(pipe)


def test_clients_that_leave_early_leave_no_error(served):
    packed = sc.open(sample.SPIKES).packed().tobytes()
    reading, writing = os.pipe()
    pipes = {"stdin": reading, "stderr": subprocess.PIPE}
    address, process = served("live", "-", "--camera", "spike-gopro", **pipes)
    os.write(writing, packed[: 1 << 15])
    port, key = re.search(r":(\d+)/\?(key=\S+)", address).groups()
    request = f"GET /live?{key} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    for i in range(200):
        with socket.create_connection(("127.0.0.1", int(port))) as client:
            client.sendall(request)
            time.sleep(0.0005 * (i % 20))
    os.close(writing)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=20)
    os.close(reading)
    assert complaints == ""


def test_what_is_no_fault_is_not_logged(caplog):
    logger = logging.getLogger("spikecam-test")
    logger.addFilter(server._is_fault)
    logger.error("Could not cancel %s tasks within timeout: %s", 3, "")
    for message in ("No response returned.", "another"):
        try:
            raise RuntimeError(message)
        except RuntimeError:
            logger.exception("an error: %s", message)
    logger.error("plain")
    assert caplog.messages == ["an error: another", "plain"]


def live_of(feed, **values):
    """A live reconstruction of a feed that has ended."""
    live = LiveReconstruction(feed, "tfp")
    live.run()
    for name, value in values.items():
        setattr(live, name, value)
    return live


class EndedFeed:
    name, geometry = "a.dat", Geometry(8, 16)
    frames_behind = leftover_bytes = lost_frames = 0

    def __iter__(self):
        yield sc.SpikeStream.from_array(np.ones((3, 8, 16)))


def test_a_stall_and_a_lag_are_said():
    live = live_of(EndedFeed(), ended=False, frame_rate=1000)
    rates = "; 1,000 frames a second read, 7 pictures a second made, 6 sent"
    assert format_live_status(live, 7, 6) == f"a.dat, 16 x 8, 3 frames{rates}"
    live._last_update -= 12
    live.feed.frames_behind = 2500
    assert "; no frames for 12 s; " in format_live_status(live, 7, 6)
    assert "; 2,500 frames behind the camera" in format_live_status(live, 7, 6)
    assert format_live_status(live_of(EndedFeed()), 0, 0).startswith("ended: 3 frames")


def mean_gray(page):
    """Mean of the live picture, as the browser shows it, in [0, 255]."""
    return page.evaluate(
        """() => {
            const canvas = new OffscreenCanvas(16, 8), context = canvas.getContext("2d");
            context.drawImage(document.querySelector("img"), 0, 0, 16, 8);
            const data = context.getImageData(0, 0, 16, 8).data;
            return data.reduce((sum, value, i) => sum + (i % 4 < 3 ? value : 0), 0) / 384;
        }"""
    )


def test_a_pause_shows_the_last_picture_and_says_so(served, page):
    pipe, into = os.pipe()
    address, _ = served("live", "-", "--size", "16x8", "--window", "3", stdin=pipe)
    page.goto(address, wait_until="commit")
    half_lit = np.repeat([[0] * 8 + [255] * 8], 3, axis=0).astype(np.uint8)
    os.write(into, half_lit.tobytes())
    page.wait_for_function("document.querySelector('img')?.naturalWidth == 16")
    page.get_by_text(re.compile("no frames for [2-9] s")).wait_for()
    assert 100 < mean_gray(page) < 160
    # A window that is refused goes back.
    window = page.get_by_label("Window in frames")
    window.fill("999999999")
    page.get_by_text("the window of live TFP is 1 to").wait_for()
    page.wait_for_function("element => element.value == '3'", arg=window.element_handle())
    # Other programs get the same pictures without a page.
    with httpx.stream("GET", address.replace("/?", "/live?")) as stream:
        assert stream.headers["content-type"].startswith("multipart/x-mixed-replace")
        assert b"Content-Type: image/jpeg" in next(stream.iter_bytes())
    os.write(into, bytes(48))
    page.wait_for_timeout(1500)
    assert mean_gray(page) < 30
    os.close(into)
    os.close(pipe)


def test_a_moment_is_recorded_from_the_page(served, page, tmp_path):
    packed = np.random.default_rng(0).integers(0, 256, (120, 400 * 250 // 8), np.uint8)
    pipe, into = os.pipe()
    options = ("--size", "400x250", "--rate", "100", "-o", tmp_path / "moment.dat")
    seconds = ("--record-before", "0.2", "--record-after", "0.1")
    pipes = {"stdin": pipe, "stderr": subprocess.PIPE}
    address, process = served("live", "-", *options, *seconds, **pipes)
    page.goto(address, wait_until="commit")
    button = page.get_by_role("button", name="Record")
    button.wait_for()
    for frame in packed[:60]:
        os.write(into, frame.tobytes())
    page.wait_for_timeout(1000)
    button.click()
    page.get_by_text(re.compile("; recording$")).wait_for()
    for frame in packed[60:]:
        os.write(into, frame.tobytes())
    os.close(into)
    os.close(pipe)
    page.get_by_text(re.compile("ended: 120 frames")).wait_for()
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=20)
    assert f"recorded {tmp_path / 'moment.dat'}" in printed
    assert np.array_equal(sc.open(tmp_path / "moment.dat").packed(), packed[40:70])
    assert page.errors == []


def test_a_stream_that_is_never_read_watches_nothing():
    live = live_of(EndedFeed())
    jpegs = live_page._iter_own_jpegs(live)
    assert live._page_sources == ()
    assert next(jpegs)[:2] == b"\xff\xd8"
    assert len(live._page_sources) == 1
    jpegs.close()
    assert live._page_sources == ()


def test_the_reader_has_ended_when_the_page_has(monkeypatch):
    class SlowToStop:
        recorder, ended = None, False

        def __init__(self):
            self.stop_requested = threading.Event()
            self.stop = self.stop_requested.set

        def run(self):
            self.stop_requested.wait()
            time.sleep(1.2)
            self.ended = True

    monkeypatch.setattr(live_page, "app", FastAPI())
    monkeypatch.setattr(live_page, "serve_page", lambda build, **options: None)
    live = SlowToStop()
    serve_live(live)
    assert live.ended

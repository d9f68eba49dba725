"""Who is let in, and what the server leaves behind."""

import asyncio
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import MagicMock
from urllib.parse import urlsplit

import numpy as np

import spikecam as sc
from spikecam.app import server
from spikecam.app.access import LimitUploadsMiddleware


def test_only_who_has_the_key_and_only_its_own_pages_are_let_in(served):
    import httpx

    whole, _ = served("app", "--upload", "0.001")
    address, key = whole.split("/?key=")
    for outside in (
        address,
        f"{address}/?key=guessed",
        f"{address}/session/x/frame?version=1&frame_index=1&settings=1",
    ):
        assert httpx.get(outside).status_code == 403
    with httpx.Client() as page:
        answer = page.get(whole)
        assert answer.status_code == 200
        assert "SameSite=Strict" in answer.headers["set-cookie"]
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert (
            page.get(
                f"{address}/session/guessed/frame?version=1&frame_index=1&settings={{}}"
            ).status_code
            == 404
        )
        assert page.get(address, headers={"Origin": address}).status_code == 200
        for origin in ("http://evil.example", "null", f"{address}0", "http://["):
            assert page.get(address, headers={"Origin": origin}).status_code == 403
        assert page.post(f"{address}/anything", content=b"0" * 3_000_000).status_code == 413
        assert page.post(f"{address}/anything", content=iter([b"0"])).status_code == 411
        # Nothing but the page is at its address, and no other name leads here.
        assert page.get(f"{address}/anything").status_code == 404
        assert page.get(f"{address}/docs").status_code == 404
        html = page.get(address).text
        assert '<html lang="en-US"' in html
        for host, status in (("evil.example", 403), ("localhost:1", 200), ("[::1]:1", 200)):
            assert page.get(address, headers={"Host": host}).status_code == status
        preview = f"{address}/session/guessed/preview?path=%00"
        assert page.get(preview).status_code == 404
    wrong = {"Cookie": f"spikecam-{urlsplit(address).port}=guessed"}
    assert httpx.get(address, headers=wrong).status_code == 403
    assert httpx.get(address, headers={"Cookie": "a;;=b"}).status_code == 403
    assert httpx.get(f"{address}/live?key={key}x").status_code == 403


def test_the_watch_on_connections_sees_them(watch, tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKECAM_WATCHED", str(tmp_path / "connections"))
    code = f"{watch}\nimport socket\ntry:\n    socket.getaddrinfo('a.invalid', 80)\n"
    subprocess.run([sys.executable, "-c", code + "except OSError:\n    pass"], check=True)
    assert "a.invalid" in (tmp_path / "connections").read_text()


def test_nothing_is_left_when_it_ends(served, page, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    address, process = served("app")
    page.goto(address)
    recording = tmp_path / "mine.npz"
    sc.save(recording, sc.SpikeStream.from_array(np.ones((60, 8, 16))))
    page.locator("input[type=file]").set_input_files(recording)
    page.get_by_text("60 frames of unknown rate").wait_for()
    assert list((tmp_path / "tmp").rglob("mine.npz"))
    # Also of a sequence that is being made.
    sc.save(tmp_path / "blur.png", np.full((512, 1024, 3), 0.5))
    page.get_by_role("tab", name="Open").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "blur.png")
    page.get_by_label("Sharp frames").fill("60")
    page.get_by_role("button", name="Deblur").click()
    page.get_by_text(re.compile(r"[1-9]\d* of 60 frames")).wait_for()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert not list((tmp_path / "tmp").glob("spikecam*"))


def test_a_port_that_is_taken_is_an_error(served, spikecam):
    address, _ = served("app")
    ended = spikecam("app", "--port", urlsplit(address).port, "--no-browser")
    assert ended.code == 2
    assert "cannot listen on 127.0.0.1" in ended.err
    assert spikecam("app", "--port", 70_000).code == 2
    assert spikecam("app", "--upload", "nan").code == 2


def run_alone(coroutine):
    """Run it in a thread of its own: that of the tests may have a loop already, of the browser."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def test_uploads_that_come_at_one_moment_are_bounded_together():
    statuses, inside = [], []

    async def store(scope, receive, send):
        inside.append(limit._coming_bytes)
        if len(inside) < 5:
            await upload(b"40")

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def upload(length):
        scope = {"type": "http", "method": "POST", "headers": [(b"content-length", length)]}
        await limit(scope, None, send)

    limit = LimitUploadsMiddleware(store, max_bytes=100, stored_bytes=lambda: 10)
    run_alone(upload(b"40"))
    assert (inside, statuses, limit._coming_bytes) == ([40, 80], [413], 0)
    run_alone(upload(b"91"))
    run_alone(upload(b"9" * 5000))
    assert statuses == [413, 413, 411]


def test_paths_are_absolute_from_the_begin_on(files, monkeypatch):
    opened = []
    for name in ("app", "ui"):
        monkeypatch.setattr(server, name, MagicMock())
    monkeypatch.setattr(server, "build_app_page", lambda *arguments: opened.append(arguments[-1]))
    monkeypatch.setattr(server, "serve_page", lambda page, **_: page())
    monkeypatch.chdir(files.folders[0])
    server.serve_app([Path("a.npz")])
    assert opened == [files.folders[0] / "a.npz"]

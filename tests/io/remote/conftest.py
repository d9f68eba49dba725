"""Recordings far away: an HTTP server with faults, on this machine."""

import re
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from spikecam.io import remote
from spikecam.stream import SpikeStream

pytest.importorskip("fsspec")
pytest.importorskip("requests")


class RangeServer(ThreadingHTTPServer):
    """Server of ranges of ``files``, by name, that does what its attributes say.

    ``busy``: answers that will be 503. ``cut``: answers that will end in their middle. ``status``:
    of every answer, if not 0. ``ranges``: whether it knows of them. ``shift``: bytes by which these
    are wrong. ``delay``: seconds before an answer. ``heads``: whether it answers HEAD.
    ``requests``: (name, first byte, last byte) of those that were made.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.requests, self.connection_count = {}, [], 0
        self.busy = self.cut = self.status = 0
        self.shift = 0
        self.ranges, self.delay, self.etags, self.heads = True, 0.0, True, False

    def handle_error(self, request, client_address):
        """Say nothing of readers that went away."""

    def address(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connection_count += 1

    def do_GET(self):
        server = self.server
        name = unquote(self.path.lstrip("/").partition("?")[0])
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        server.requests.append((name, *(map(int, wanted.groups()) if wanted else ())))
        time.sleep(server.delay)
        if server.busy:
            server.busy -= 1
            return self.answer(503)
        if server.status:
            return self.answer(server.status)
        if name not in server.files:
            return self.answer(404)
        content, headers = server.files[name], {}
        if server.etags:
            headers["ETag"] = f'"{hash(content)}"'
        if not wanted or not server.ranges:
            return self.answer(200, content, headers)
        start, stop = int(wanted[1]), min(int(wanted[2]) + 1, len(content))
        start, stop = start + server.shift, stop + server.shift
        if start >= stop:
            return self.answer(416)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        return self.answer(206, content[start:stop], headers)

    def do_HEAD(self):
        content = self.server.files.get(unquote(self.path.lstrip("/")))
        if not self.server.heads:
            return self.answer(405)
        if content is None:
            return self.answer(404)
        headers = {"ETag": f'"{hash(content)}"'} if self.server.etags else {}
        return self.answer(200, content, headers)

    def answer(self, status, content=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.server.cut and content:
            self.server.cut -= 1
            content = content[: len(content) // 2]
            self.close_connection = True
        with suppress(OSError):
            self.wfile.write(content)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(monkeypatch):
    """A server of its own, without waits between attempts."""
    monkeypatch.setattr(remote, "FIRST_WAIT_SECONDS", 0.001)
    server = RangeServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def stream(spikes):
    return SpikeStream.from_array(spikes(60, 40, 48), rate=500)

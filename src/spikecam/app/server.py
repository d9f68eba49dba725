"""The server behind the pages: on this machine alone, with a folder that goes when it goes."""

from __future__ import annotations

import secrets
import socket
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from nicegui import app, ui

from spikecam.app.addresses import picture_routes
from spikecam.app.desk import Desk
from spikecam.app.guards import BoundedUploads, KeyHoldersOnly
from spikecam.app.page import build
from spikecam.app.saying import unforeseen
from spikecam.app.shelf import Shelf
from spikecam.errors import OptionError
from spikecam.io.recording_format import is_recording

LOOPBACK = "127.0.0.1"
# Bytes beside the files in an upload.
_ENVELOPE = 1 << 20


def serve_app(
    given: Sequence[Path],
    *,
    host: str = LOOPBACK,
    port: int = 0,
    limit: int = 2_000_000_000,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the browser app until it is interrupted.

    Args:
        given: files and folders that may be opened; the first recording is opened at once.
        host: address to listen on; by default nobody else can reach it.
        port: to listen on; 0 for one that is free.
        limit: bytes that may be uploaded at once.
        browser: open it in the browser.
        say: takes the address.

    Raises:
        FileError: a file or folder that was given does not exist.
        OptionError: the address cannot be listened on.
    """
    desks: dict[str, Desk] = {}
    left: list[Desk] = []
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="spikecam-app-") as folder:
        uploads = Path(folder) / "uploads"
        uploads.mkdir()
        shelf = Shelf(given, uploads)
        first = next((path for path in given if is_recording(path)), None)

        def page() -> None:
            desk = Desk(shelf, Path(folder))
            desks[desk.token] = desk

            def leave() -> None:
                left.append(desks.pop(desk.token))
                desk.close()

            ui.context.client.on_delete(leave)
            build(desk, limit, first)

        app.include_router(picture_routes(desks))
        app.on_page_exception(unforeseen)
        app.on_exception(unforeseen)
        try:
            # What libraries put aside while a large file comes in goes with the rest.
            tempfile.tempdir = folder
            run(page, host=host, port=port, limit=limit, browser=browser, say=say)
        finally:
            tempfile.tempdir = before
            for desk in (*desks.values(), *left):
                desk.close()
                desk.wait()


def run(
    page: Callable[[], None],
    *,
    host: str,
    port: int,
    limit: int,
    browser: bool,
    say: Callable[[str], None],
) -> None:
    """Serve a page, and nothing to anybody else; arguments and errors as `serve_app`."""
    port, key = free_port(host, port), secrets.token_urlsafe(16)
    app.add_middleware(BoundedUploads, limit=limit + _ENVELOPE)
    app.add_middleware(KeyHoldersOnly, key=key, port=port)
    named = f"[{host}]" if ":" in host else host
    app.on_startup(lambda: say(f"spikecam: http://{named}:{port}/?key={key} (Ctrl-C ends it)"))
    ui.run(
        page,
        host=host,
        port=port,
        title="spikecam",
        favicon="📷",
        show=f"/?key={key}" if browser else False,
        reload=False,
        show_welcome_message=False,
        # A laptop that slept, or a tunnel that broke, finds its recording and film again.
        reconnect_timeout=300,
        timeout_graceful_shutdown=1,
    )


def free_port(host: str, port: int) -> int:
    """The port itself, if it is free; for 0, one that is.

    Raises:
        OptionError: it is taken, or the address is none of this machine's.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise OptionError(
            f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port"
        ) from error

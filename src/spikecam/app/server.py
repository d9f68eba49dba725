"""Server of the pages: on this machine, behind a key, with a temporary folder for its files."""

from __future__ import annotations

import logging
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from nicegui import app, ui

from spikecam.app.access import LimitUploadsMiddleware, RequireKeyMiddleware
from spikecam.app.file_list import AllowedFiles
from spikecam.app.notices import report_unexpected_error
from spikecam.app.page import build_app_page
from spikecam.app.page_style import HIDE_KEY_SCRIPT, RUN_ENDED_SCRIPT
from spikecam.app.picture_urls import make_picture_routes
from spikecam.app.session import Session
from spikecam.errors import OptionError
from spikecam.io.recording_format import is_recording
from spikecam.resources import return_free_memory

LOOPBACK = "127.0.0.1"
# Bytes of an upload request beside the files in it.
_REQUEST_OVERHEAD_BYTES = 1 << 20
# A laptop that slept, or a tunnel that broke, finds its session again for so long.
_RECONNECT_SECONDS = 300


def serve_app(
    paths: Sequence[Path],
    *,
    host: str = LOOPBACK,
    port: int = 0,
    upload_limit: int = 2_000_000_000,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the browser app until it is interrupted.

    Args:
        paths: files and folders that may be opened; the first recording is opened at once.
        host: address to listen on; by default no other machine can reach it.
        port: to listen on; 0 for one that is free.
        upload_limit: bytes that may be uploaded in all.
        browser: open it in the browser.
        say: takes the line with the address.

    Raises:
        FileError: a file or folder does not exist.
        OptionError: the address cannot be listened on.
    """
    # What is remembered of them is for runs in other folders, too.
    paths = [path.absolute() for path in paths]
    sessions: dict[str, Session] = {}
    closed_sessions: list[Session] = []
    temporary_before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="spikecam-app-") as folder:
        uploads = Path(folder) / "uploads"
        uploads.mkdir()
        files = AllowedFiles(paths, uploads)
        recording = next((path for path in paths if is_recording(path)), None)

        def page() -> None:
            session = Session(files, Path(folder))
            sessions[session.token] = session

            def close_session() -> None:
                del sessions[session.token]
                session.close()
                threading.Thread(target=return_free_memory, daemon=True).start()
                removing = [one for one in closed_sessions if one.is_removing_files]
                closed_sessions[:] = [*removing, session]

            ui.context.client.on_delete(close_session)
            build_app_page(session, upload_limit, recording)

        app.include_router(make_picture_routes(sessions))
        app.on_page_exception(report_unexpected_error)
        app.on_exception(report_unexpected_error)
        try:
            # Libraries put large uploads aside in temporary files; these go with the folder.
            tempfile.tempdir = folder
            serve_page(
                page,
                host=host,
                port=port,
                upload_limit=upload_limit,
                uploaded_bytes=files.uploaded_bytes,
                browser=browser,
                say=say,
            )
        finally:
            tempfile.tempdir = temporary_before
            for session in (*sessions.values(), *closed_sessions):
                session.close()
                session.wait_for_file_removal()


def serve_page(
    page: Callable[[], None],
    *,
    host: str,
    port: int,
    upload_limit: int,
    browser: bool,
    say: Callable[[str], None],
    uploaded_bytes: Callable[[], int] = lambda: 0,
) -> None:
    """Serve a page behind a new key.

    Args:
        page: builds the page for one visitor.
        uploaded_bytes: gives the bytes of the uploads that are stored.
        host, port, upload_limit, browser, say: as for `serve_app`, as errors are.
    """
    port, key = check_or_find_port(host, port), secrets.token_urlsafe(16)
    app.add_middleware(
        LimitUploadsMiddleware,
        max_bytes=upload_limit + _REQUEST_OVERHEAD_BYTES,
        stored_bytes=uploaded_bytes,
    )
    app.add_middleware(RequireKeyMiddleware, key=key, port=port, host=host)
    url_host = f"[{host}]" if ":" in host else host
    app.on_startup(lambda: say(f"spikecam: http://{url_host}:{port}/?key={key} (Ctrl-C ends it)"))

    # At this address alone: others are not found.
    @ui.page("/")
    def build_page() -> None:
        ui.add_head_html(f"<script>{HIDE_KEY_SCRIPT}{RUN_ENDED_SCRIPT}</script>")
        page()

    for name in ("uvicorn.error", "nicegui"):
        logging.getLogger(name).addFilter(_is_fault)

    # A bar without a name would come with each upload, which has one of its own.
    app.config.quasar_config["loadingBar"]["skipHijack"] = True
    ui.run(
        host=host,
        port=port,
        title="spikecam",
        language="en-US",
        favicon="📷",
        show=f"/?key={key}" if browser else False,
        reload=False,
        show_welcome_message=False,
        reconnect_timeout=_RECONNECT_SECONDS,
        timeout_graceful_shutdown=1,
    )


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a record of the server's logs is of a fault.

    None is that a client left before its answer began, which Starlette's middleware takes for one,
    nor that a task takes long to end while the process ends on a busy machine.
    """
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    has_left = isinstance(error, RuntimeError) and str(error) == "No response returned."
    return not (has_left or record.getMessage().startswith("Could not cancel "))


def check_or_find_port(host: str, port: int) -> int:
    """Check that a port is free, or find one for 0.

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

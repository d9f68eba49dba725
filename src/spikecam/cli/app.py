"""``spikecam app``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecam.cli import interrupt
from spikecam.extras import require

HostOption = Annotated[
    str, typer.Option("--host", help="Address to listen on; machines that reach it need the key.")
]
PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="0 for one that is free.")
]
BrowserOption = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")
]


def app(
    what: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RECORDING|FOLDER",
            help="What may be opened; the first recording is opened at once.",
            show_default=False,
        ),
    ] = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 0,
    upload: Annotated[
        float,
        typer.Option("--upload", metavar="GB", min=0, max=1e6, help="How much may be uploaded."),
    ] = 2,
    browser: BrowserOption = True,
) -> None:
    """Look at recordings and deblur in the browser; everything stays on this machine."""
    require("nicegui", extra="app", purpose="the browser app")
    from spikecam.app.server import serve_app

    try:
        # It is ended in no other way.
        with interrupt.saying():
            serve_app(what or [], host=host, port=port, limit=int(upload * 1e9), browser=browser)
    except KeyboardInterrupt:
        print("ended")

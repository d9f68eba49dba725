"""``spikecam live``."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from spikecam.cli import interrupt
from spikecam.cli.app import BrowserOption, HostOption, PortOption
from spikecam.cli.options import CameraOption, SizeOption, parse_size
from spikecam.extras import require


def live(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RECORDING|-",
            help="A .dat file that grows, or - for packed frames on standard input.",
            show_default=False,
        ),
    ],
    size: SizeOption = None,
    camera: CameraOption = None,
    method: Annotated[
        str,
        typer.Option("--method", help="tfp, tfstp, or an installed one that can follow frames."),
    ] = "tfp",
    window: Annotated[
        int,
        typer.Option(
            "--window",
            metavar="N",
            help="Frames to a picture, of tfp: its last ones, and so any number; in reconstruct "
            "they lie around a frame, and are an odd number.",
        ),
    ] = 41,
    fps: Annotated[
        float, typer.Option("--fps", min=1, max=1000, help="Pictures a second, at most.")
    ] = 60,
    host: HostOption = "127.0.0.1",
    port: PortOption = 0,
    browser: BrowserOption = True,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Serve the page, or only measure.")
    ] = True,
) -> None:
    """Watch a camera while it records: every frame is read, pictures are shown as they can be.

    A recording is followed from its end on; what it is fed is neither kept nor changed.
    """
    from spikecam.online.feed import open_feed
    from spikecam.online.live_reconstruction import LiveReconstruction

    if page:
        require("nicegui", extra="app", purpose="the live page")
        from spikecam.app.live_page import serve_live
    shape = parse_size(size, "--size")[::-1] if size else None
    reconstruction = LiveReconstruction(
        open_feed(source, camera, shape), method, {"window": window}, fps=fps
    )
    with suppress(KeyboardInterrupt), interrupt.saying():
        if page:
            serve_live(reconstruction, host=host, port=port, browser=browser)
        else:
            reconstruction.run()
    if reconstruction.error is not None:
        raise reconstruction.error
    print(reconstruction.summary())

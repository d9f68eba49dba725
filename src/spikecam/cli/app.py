"""``spikecam app``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import say
from spikecam.cli.options import PageOptions
from spikecam.errors import OptionError
from spikecam.extras import require_packages

MOST_UPLOADED_GB = 1e6


def app(
    recordings: Annotated[list[Path] | None, Parameter(name="RECORDING|FOLDER")] = None,
    /,
    *,
    page: PageOptions = PageOptions(),
    upload: Annotated[float, Parameter(metavar="GB")] = 2,
) -> None:
    """Look at recordings and deblur in the browser; everything stays on this machine.

    Args:
        recordings: What may be opened; the first recording is opened at once.
        upload: How much may be uploaded at once, in gigabytes.
    """
    if not 0 <= upload <= MOST_UPLOADED_GB:
        raise OptionError(f"--upload is from 0 to {MOST_UPLOADED_GB:,.0f} GB, not {upload:g}")
    require_packages("nicegui", extra="app", purpose="the browser app")
    from spikecam.app.server import serve_app

    try:
        # It is ended in no other way.
        with notifying_of_interruption():
            serve_app(
                recordings or [],
                host=page.host,
                port=page.port,
                upload_limit=int(upload * 1e9),
                browser=page.browser,
                say=say,
            )
    except KeyboardInterrupt:
        say("ended")

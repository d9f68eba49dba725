"""``spikecam app``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import say
from spikecam.cli.options import PageOptions
from spikecam.errors import OptionError
from spikecam.extras import require_packages
from spikecam.views.ply_file import SCENE_SUFFIX

MOST_UPLOADED_GB = 1e6


def app(
    recordings: Annotated[list[Path] | None, Parameter(name="RECORDING|FOLDER|SCENE")] = None,
    /,
    *,
    page: PageOptions = PageOptions(),
    upload: Annotated[float, Parameter(metavar="GB")] = 2,
) -> None:
    """Look at recordings and deblur in the browser; everything stays on this machine.

    A scene of Gaussians (.ply) is shown on a page of its own, where the mouse turns it.

    Args:
        recordings: What may be opened; the first recording is opened at once. Or one scene.
        upload: How much may be uploaded at once, in gigabytes.
    """
    if not 0 <= upload <= MOST_UPLOADED_GB:
        raise OptionError(f"--upload is from 0 to {MOST_UPLOADED_GB:,.0f} GB, not {upload:g}")
    paths = recordings or []
    has_scene = any(path.suffix.lower() == SCENE_SUFFIX for path in paths)
    if has_scene and len(paths) > 1:
        raise OptionError(f"a scene ({SCENE_SUFFIX}) is shown alone; name one file")
    require_packages("nicegui", extra="app", purpose="the browser app")
    server: dict[str, Any] = {
        "host": page.host,
        "port": page.port,
        "browser": page.browser,
        "say": say,
    }
    try:
        # It is ended in no other way.
        with notifying_of_interruption():
            if has_scene:
                from spikecam.app.scene_page import serve_scene

                serve_scene(paths[0], **server)
            else:
                from spikecam.app.server import serve_app

                serve_app(paths, upload_limit=int(upload * 1e9), **server)
    except KeyboardInterrupt:
        say("ended")

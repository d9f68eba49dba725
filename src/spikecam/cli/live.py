"""``spikecam live``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields
from typing import Annotated

from cyclopts import Parameter

from spikecam.cli.interrupt import notifying_of_interruption
from spikecam.cli.messages import report, say
from spikecam.cli.method_options import MethodFlags, add_method_flags, make_method_parameter
from spikecam.cli.options import PAGE_GROUP, PageOptions, RecordingOptions
from spikecam.errors import OptionError
from spikecam.extras import require_packages
from spikecam.method import Takes, find_method
from spikecam.online.methods import online_method_names
from spikecam.reconstruction.method_choice import FAST_METHOD

METHODS = [find_method(name, Takes.SPIKES) for name in online_method_names()]
FPS_BOUNDS = (1, 1000)


@add_method_flags(METHODS, without=("fpn",))
def live(
    source: Annotated[str, Parameter(name="RECORDING|-", allow_leading_hyphen=True)],
    /,
    *,
    method: Annotated[str, make_method_parameter(METHODS)] = FAST_METHOD,
    options: MethodFlags = MethodFlags(),
    fps: Annotated[float, Parameter(group=PAGE_GROUP)] = 60,
    page: Annotated[bool, Parameter(negative="--no-page", group=PAGE_GROUP)] = True,
    server: PageOptions = PageOptions(),
    recording: RecordingOptions = RecordingOptions(),
) -> None:
    """Watch a camera while it records: every frame is read, pictures are shown as they can be.

    A recording is followed from its end on; what it is fed is neither kept nor changed.

    Args:
        source: A .dat file that grows, or - for packed frames on standard input.
        fps: Pictures a second, at most.
        page: Serve the page, or only measure.
    """
    if not FPS_BOUNDS[0] <= fps <= FPS_BOUNDS[1]:
        raise OptionError(f"--fps is from {FPS_BOUNDS[0]} to {FPS_BOUNDS[1]}, not {fps:g}")
    names = [one.name for one in METHODS]
    if method not in names:
        raise OptionError(f"live pictures are made by {' or '.join(names)}, not {method!r}")
    # Those of all methods, since the page switches between them.
    values = {one.name: getattr(options, one.name) for one in fields(options)}
    values = {name: value for name, value in values.items() if value is not None}
    if page:
        require_packages("nicegui", extra="app", purpose="the live page")
        from spikecam.app.live_page import serve_live
    from spikecam.online.feed import open_feed
    from spikecam.online.live_reconstruction import LiveReconstruction

    feed = open_feed(source, recording.camera, recording.size)
    live_reconstruction = LiveReconstruction(
        feed, method, values, fps=fps, orientation=recording.orientation
    )
    with suppress(KeyboardInterrupt), notifying_of_interruption():
        if page:
            serve_live(
                live_reconstruction,
                host=server.host,
                port=server.port,
                browser=server.browser,
                say=say,
            )
        else:
            live_reconstruction.run()
    if live_reconstruction.error is not None:
        raise live_reconstruction.error
    facts = {
        "frames": live_reconstruction.frame_count,
        "pictures": live_reconstruction.picture_count,
        "sent": live_reconstruction.sent_count,
        "leftover_bytes": feed.leftover_bytes,
    }
    report(live_reconstruction.summary(), facts)

"""The live view: one page that shows what a camera records at this moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from nicegui import app, ui
from starlette.responses import StreamingResponse

from spikecam.app.jpeg_stream import jpeg_stream_response
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.page_style import COLOUR
from spikecam.app.server import LOOPBACK, serve_page
from spikecam.errors import SpikecamError
from spikecam.io.pictures import encode_picture
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.online.methods import online_method_names
from spikecam.picture import Picture
from spikecam.resources import OUT_OF_MEMORY, is_out_of_memory
from spikecam.show.display import DisplayMapping

_FIT_INTERVAL_PICTURES = 30
# Share of a new fit that is added to the present black and white.
_FIT_SHARE = 0.3
_JPEG_QUALITY = 90
_PICTURE_TIMEOUT_SECONDS = 0.3
_STATUS_INTERVAL_SECONDS = 0.5
# No frames for the first of these is a stall; frames of the second are a lag.
_STALL_SECONDS, _LAG_SECONDS = 2.0, 0.5


class SmoothedDisplayMapping:
    """Display mapping that follows changes of the light slowly, against flicker.

    Attributes:
        gamma: above 1 lifts the shadows.
    """

    def __init__(self) -> None:
        self.gamma = 1.0
        self._display: DisplayMapping | None = None
        self._picture_count = 0

    def __call__(self, picture: Picture) -> Picture:
        """The picture as it is shown, in [0, 1]."""
        if self._picture_count % _FIT_INTERVAL_PICTURES == 0:
            new = DisplayMapping.fit(picture)
            old = self._display or new
            black, white = (
                before + _FIT_SHARE * (after - before)
                for before, after in ((old.black, new.black), (old.white, new.white))
            )
            self._display = DisplayMapping(black, white)
        self._picture_count += 1
        fitted = self._display or DisplayMapping()
        return DisplayMapping(fitted.black, fitted.white, self.gamma)(picture)


def iter_jpegs(live: LiveReconstruction, display: SmoothedDisplayMapping) -> Iterator[bytes]:
    """Yield JPEG files of a reconstruction until it ends.

    Pictures that a browser does not take in time are skipped for it. While none is made, the last
    one is sent again and again: Chromium shows a picture when the next one comes. A file is empty
    before the first.
    """
    number, picture = 0, None
    while True:
        latest = live.next_picture(number, timeout=_PICTURE_TIMEOUT_SECONDS)
        if latest is not None:
            number, picture = latest
            live.sent_count += 1
        if picture is None:
            if live.ended:
                return
            yield b""
            continue
        yield encode_picture(display(picture), "jpeg", quality=_JPEG_QUALITY)
        if latest is None and live.ended:
            return


def serve_live(
    live: LiveReconstruction,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Run a live reconstruction and serve its page until interrupted.

    Args:
        live: the reconstruction.
        host, port, browser, say: as for `serve_app`.

    Raises:
        OptionError: the address cannot be listened on.
    """
    display = SmoothedDisplayMapping()

    @app.get("/live")
    def stream_pictures() -> StreamingResponse:
        return jpeg_stream_response(iter_jpegs(live, display))

    thread = threading.Thread(target=live.run, daemon=True)
    thread.start()
    try:
        serve_page(
            lambda: _build(live, display),
            host=host,
            port=port,
            upload_limit=0,
            browser=browser,
            say=say,
        )
    finally:
        live.stop()
        # It may wait for a recorder with a slow disk; its counts are complete when it has ended.
        thread.join()


def _build(live: LiveReconstruction, display: SmoothedDisplayMapping) -> None:
    ui.dark_mode(True)
    ui.colors(primary=COLOUR)
    with ui.row().classes("w-full items-center gap-6"):
        ui.label("spikecam live").classes("text-xl font-bold")

        def choose_method(name: str) -> None:
            with errors_shown_as_notices():
                live.choose_method(name)
            # Stays on the present method where the other one is refused.
            toggle.set_value(live.method)

        toggle = ui.toggle(
            {name: name.upper() for name in online_method_names()},
            value=live.method,
            on_change=lambda event: choose_method(event.value),
        ).props('aria-label="Method"')
        ui.label("Gamma")

        def set_gamma(value: float | None) -> None:
            display.gamma = value or display.gamma

        gamma = ui.slider(
            min=0.5,
            max=3,
            step=0.1,
            value=display.gamma,
            on_change=lambda event: set_gamma(event.value),
        )
        gamma.props('label aria-label="Gamma"').classes("w-40")
        if live.recorder is not None:
            ui.button("Record", icon="fiber_manual_record", on_click=live.recorder.trigger)
    status = ui.label()
    image = ui.element("img").props('src="/live" alt="the camera, now"').classes("w-full")
    image.style("image-rendering: pixelated; max-height: 75vh; object-fit: contain")

    def update() -> None:
        status.set_text(format_live_status(live))
        stalled = live.error is not None or _stall_seconds(live) is not None
        status.classes(
            add="text-lg text-orange" if stalled else "",
            remove="" if stalled else "text-lg text-orange",
        )
        # Another page may have changed them.
        toggle.set_value(live.method)
        gamma.set_value(display.gamma)

    ui.timer(_STATUS_INTERVAL_SECONDS, update)


def format_live_status(live: LiveReconstruction) -> str:
    """Format the rates of a live reconstruction in one line, or why it ended."""
    if isinstance(live.error, SpikecamError):
        return str(live.error)
    if live.error is not None and is_out_of_memory(live.error):
        return OUT_OF_MEMORY
    if live.error is not None:
        return "something went wrong inside spikecam; the terminal says more when it ends"
    if live.ended:
        return f"ended: {live.summary()}"
    geometry = live.feed.geometry
    parts = [f"{live.feed.name}, {geometry.width} x {geometry.height}, {live.frame_count:,} frames"]
    stall = _stall_seconds(live)
    if stall is not None:
        parts.append(f"no frames for {stall:.0f} s")
    parts.append(
        f"{live.frame_rate:,.0f} frames a second read, "
        f"{live.picture_rate:.0f} pictures a second made, {live.sent_rate:.0f} sent"
    )
    if live.feed.frames_behind > live.frame_rate * _LAG_SECONDS:
        parts.append(f"{live.feed.frames_behind:,} frames behind the camera")
    if live.feed.lost_frames:
        parts.append(f"{live.feed.lost_frames:,} frames lost")
    if live.recorder is not None and live.recorder.pending_count:
        parts.append("recording")
    if live.recorder is not None and live.recorder.recordings:
        latest = live.recorder.recordings[-1].name
        parts.append(f"{len(live.recorder.recordings)} recorded, the last is {latest}")
    return "; ".join(parts)


def _stall_seconds(live: LiveReconstruction) -> float | None:
    """How long the camera has sent nothing, in seconds; None while it sends, or has ended."""
    seconds = live.seconds_since_frames
    return None if live.ended or seconds is None or seconds < _STALL_SECONDS else seconds

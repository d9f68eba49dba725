"""The live view: a page that shows what a camera records at this moment."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator

from fastapi import HTTPException
from nicegui import app, run, ui
from starlette.responses import StreamingResponse

from spikecam.app.jpeg_stream import jpeg_stream_response
from spikecam.app.live_status import format_live_status, stall_seconds
from spikecam.app.live_view import LiveView
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.page_style import COLOUR, STYLE
from spikecam.app.server import LOOPBACK, serve_page
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.online.methods import online_method_names

_STATUS_INTERVAL_SECONDS = 0.5
_WARNING_CLASSES = "text-lg text-orange"
_PICTURE_STYLE = """
.live { image-rendering: pixelated; max-height: 75vh; object-fit: contain; }
.live:fullscreen { max-height: 100vh; width: 100vw; height: 100vh; background: black; }
"""


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
    views: dict[str, LiveView] = {}

    @app.get("/live")
    def stream_without_page() -> StreamingResponse:
        return jpeg_stream_response(_iter_own_jpegs(live))

    @app.get("/live/{token}")
    def stream_pictures(token: str) -> StreamingResponse:
        if token not in views:
            raise HTTPException(404, "this page is closed; reload it")
        return jpeg_stream_response(views[token].iter_jpegs())

    def page() -> None:
        async def close_view() -> None:
            # It may wait for a network that is loaded.
            await run.io_bound(views.pop(token).close)

        view, token = LiveView(live), secrets.token_urlsafe(16)
        views[token] = view
        ui.context.client.on_delete(close_view)
        LivePage(view, f"/live/{token}")

    thread = threading.Thread(target=live.run, daemon=True)
    thread.start()
    try:
        serve_page(page, host=host, port=port, upload_limit=0, browser=browser, say=say)
    finally:
        live.stop()
        # It may wait for a recorder with a slow disk; its counts are complete when it has ended.
        thread.join()


def _iter_own_jpegs(live: LiveReconstruction) -> Iterator[bytes]:
    """Yield the JPEG files of a view that no page has.

    It watches from the first file that is asked for, and is closed when the iterator is.
    """
    view = LiveView(live)
    try:
        yield from view.iter_jpegs()
    finally:
        view.close()


class LivePage:
    """The page of one visitor.

    Args:
        view: what it shows.
        url: of the stream of its pictures.
    """

    def __init__(self, view: LiveView, url: str) -> None:
        self._view = view
        ui.dark_mode(True)
        ui.colors(primary=COLOUR)
        ui.add_css(STYLE + _PICTURE_STYLE)
        with ui.row().classes("w-full items-center gap-x-3 gap-y-2"):
            self._build_controls()
        self._status = ui.label()
        image = ui.element("img").props(f'src="{url}" alt="the camera, now"').classes("live w-full")
        self._full.on("click", js_handler=f"() => getHtmlElement({image.id}).requestFullscreen()")
        ui.timer(_STATUS_INTERVAL_SECONDS, self._show_status)

    def _build_controls(self) -> None:
        view = self._view
        ui.html("spikecam live", sanitize=False, tag="h1").classes("app-name")
        self._method = ui.toggle(
            {name: name.upper() for name in online_method_names()},
            value=view.method,
            on_change=lambda event: self._choose_method(event.value),
        ).props('aria-label="Method"')
        self._window = ui.number(
            "Window in frames",
            value=view.window,
            min=1,
            precision=0,
            on_change=lambda event: self._choose_window(event.value),
        )
        self._window.props("dense debounce=500").classes("w-36")
        self._window.without_auto_validation()
        self._window.visible = view.window is not None
        with ui.row().classes("items-center gap-2 no-wrap"):
            ui.label("Gamma")
            ui.slider(
                min=0.5,
                max=3,
                step=0.1,
                value=view.display.gamma,
                on_change=lambda event: self._set_gamma(event.value),
            ).props('label aria-label="Gamma"').classes("w-32")
        ui.switch("Hold black and white", on_change=lambda event: self._hold(bool(event.value)))
        self._freeze = ui.button("Freeze", icon="pause", on_click=self._toggle_frozen)
        self._freeze.props("outline dense")
        ui.button("Save the picture", icon="download", on_click=self._save).props("outline dense")
        self._full = ui.button("Full screen", icon="fullscreen").props("outline dense")
        if view.live.recorder is not None:
            ui.button("Record", icon="fiber_manual_record", on_click=view.live.recorder.trigger)

    async def _choose(self, method: str, window: int | None = None) -> None:
        view = self._view
        try:
            with errors_shown_as_notices("live"):
                await run.io_bound(view.choose, method, window)
        finally:
            # They go back to what is shown where the others are refused.
            if not self._method.is_deleted:
                self._method.enable()
                self._method.set_value(view.method)
                self._window.visible = view.window is not None
                if view.window is not None:
                    self._window.set_value(view.window)

    async def _choose_method(self, method: str) -> None:
        if method != self._view.method:
            # Two choices at a time could end in either order.
            self._method.disable()
            await self._choose(method)

    async def _choose_window(self, window: float | None) -> None:
        # It is empty while a number is typed.
        if window is not None and self._view.window not in (None, int(window)):
            await self._choose(self._view.method, int(window))

    def _set_gamma(self, gamma: float | None) -> None:
        self._view.display.gamma = gamma or self._view.display.gamma

    def _hold(self, is_held: bool) -> None:
        self._view.display.is_held = is_held

    def _toggle_frozen(self) -> None:
        self._view.is_frozen = not self._view.is_frozen
        self._freeze.set_text("Go on" if self._view.is_frozen else "Freeze")
        self._freeze.props(f"icon={'play_arrow' if self._view.is_frozen else 'pause'}")

    async def _save(self) -> None:
        with errors_shown_as_notices("live"):
            named = await run.io_bound(self._view.render_png)
            if named is not None:
                name, png = named
                ui.download.content(png, name)

    def _show_status(self) -> None:
        live = self._view.live
        self._status.set_text(format_live_status(live, *self._view.rates()))
        stalled = live.error is not None or stall_seconds(live) is not None
        self._status.classes(
            add=_WARNING_CLASSES if stalled else "", remove="" if stalled else _WARNING_CLASSES
        )

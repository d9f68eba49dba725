"""The page on which a scene of Gaussians is turned with the mouse."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from pathlib import Path

from fastapi import HTTPException
from nicegui import app, events, run, ui
from starlette.responses import StreamingResponse

from spikecam.app.jpeg_stream import jpeg_stream_response
from spikecam.app.notices import errors_shown_as_notices, report_unexpected_error
from spikecam.app.page_style import COLOUR, STYLE
from spikecam.app.scene_viewer import SceneViewer
from spikecam.app.server import LOOPBACK, serve_page
from spikecam.views.ply_file import read_ply
from spikecam.views.scene_summary import summarize_scene

# A drag from one side of the picture to the other.
_DRAG_DEGREES = 240.0
_KEY_DEGREES, _KEY_SHARE, _KEY_ZOOM = 5.0, 0.05, 1.15
# Logarithm of the distance for each pixel of the wheel's turn; a line of text is so many pixels.
_WHEEL_ZOOM, _LINE_PIXELS = 1e-3, 33
# Events of a drag that are sent, at most one in this time.
_DRAG_SECONDS = 0.02
_KEYS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}
_PRIMARY_BUTTON = 1
_BACKGROUNDS = {0.0: "black", 0.5: "gray", 1.0: "white"}
_UPS = ("x", "y", "z", "-x", "-y", "-z")
_HELP = (
    "Drag turns the scene, the wheel goes nearer and away, and dragging with Shift or the right "
    "button moves it. Keys: arrows, with Shift they move it; + and -; Home."
)


def serve_scene(
    path: Path,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve a page on which a scene is turned with the mouse, until interrupted.

    Args:
        path: the scene, a .ply of 3D Gaussian Splatting.
        host, port, browser, say: as for `serve_app`.

    Raises:
        FileError: the file is missing, damaged or of another kind.
        OptionError: a scene without a size, or the address cannot be listened on.
    """
    gaussians = read_ply(path)
    facts = summarize_scene(gaussians)
    viewers: dict[str, SceneViewer] = {}

    @app.get("/scene/{token}")
    def stream_pictures(token: str) -> StreamingResponse:
        if token not in viewers:
            raise HTTPException(404, "this page is closed; reload it")
        return jpeg_stream_response(viewers[token].iter_jpegs())

    def page() -> None:
        viewer, token = SceneViewer(gaussians), secrets.token_urlsafe(16)
        viewers[token] = viewer
        ui.context.client.on_delete(lambda: viewers.pop(token).close())
        ScenePage(viewer, f"/scene/{token}", path.stem, format_scene_facts(path.name, facts))

    app.on_page_exception(report_unexpected_error)
    app.on_exception(report_unexpected_error)
    serve_page(page, host=host, port=port, upload_limit=0, browser=browser, say=say)


class ScenePage:
    """The page of one visitor.

    Args:
        viewer: the scene as this visitor turns it.
        url: of the stream of its pictures.
        stem: of the names of saved pictures.
        facts: of the scene, in words.
    """

    def __init__(self, viewer: SceneViewer, url: str, stem: str, facts: str) -> None:
        self._viewer, self._stem = viewer, stem
        self._position = (0.0, 0.0)
        ui.dark_mode(None)
        ui.colors(primary=COLOUR)
        ui.add_css(STYLE)
        # Buttons may have the focus: they take no arrow keys.
        ui.keyboard(on_key=self._handle_key, ignore=["input", "select", "textarea"])
        with ui.row().classes("w-full gap-6 items-start no-wrap max-md:flex-wrap"):
            self._build_picture(url)
            with ui.column().classes("w-72 shrink-0 gap-3 max-md:w-full"):
                self._build_controls(facts)

    def _build_picture(self, url: str) -> None:
        image = ui.element("img").props(f'src="{url}" alt="the scene" draggable="false"')
        image.classes("cursor-grab")
        image.style("width: min(90vh, 100%); aspect-ratio: 1; touch-action: none")
        image.on(
            "pointerdown",
            self._start_drag,
            js_handler="""(e) => {
                e.currentTarget.setPointerCapture(e.pointerId);
                emit(e.clientX, e.clientY);
            }""",
        )
        image.on(
            "pointermove",
            self._drag,
            throttle=_DRAG_SECONDS,
            js_handler="""(e) => {
                if (e.buttons) emit(
                    e.clientX, e.clientY, e.buttons, e.shiftKey, e.currentTarget.clientWidth
                );
            }""",
        )
        image.on(
            "wheel",
            self._zoom_by_wheel,
            js_handler=f"""(e) => {{
                e.preventDefault();
                emit(e.deltaY * (e.deltaMode ? {_LINE_PIXELS} : 1));
            }}""",
        )
        image.on("contextmenu", js_handler="(e) => e.preventDefault()")

    def _build_controls(self, facts: str) -> None:
        ui.html("spikecam scene", sanitize=False, tag="h1").classes("app-name")
        ui.label(facts).classes("text-sm whitespace-pre-line")
        ui.label("Background").classes("text-sm")
        settings = self._viewer.settings
        ui.toggle(
            _BACKGROUNDS,
            value=settings.background,
            on_change=lambda event: self._viewer.set_background(event.value),
        ).props('aria-label="Background"')
        ui.switch(
            "Depth, nearer is brighter",
            value=settings.with_depth,
            on_change=lambda event: self._viewer.set_depth(bool(event.value)),
        )
        self._up = ui.select(
            list(_UPS), value="z", label="Axis that is up", on_change=self._reset
        ).classes("w-full")
        with ui.row().classes("gap-2"):
            ui.button("First view", icon="home", on_click=self._reset).props("outline dense")
            ui.button("Save this picture", icon="download", on_click=self._save).props(
                "outline dense"
            )
        ui.label(_HELP).classes("text-xs opacity-70")

    def _start_drag(self, event: events.GenericEventArguments) -> None:
        x, y = event.args
        self._position = x, y

    def _drag(self, event: events.GenericEventArguments) -> None:
        x, y, buttons, shift, side = event.args
        right, down = (x - self._position[0]) / side, (y - self._position[1]) / side
        self._position = x, y
        if shift or buttons != _PRIMARY_BUTTON:
            self._viewer.pan(right, down)
        else:
            self._viewer.turn(_DRAG_DEGREES * right, _DRAG_DEGREES * down)

    def _zoom_by_wheel(self, event: events.GenericEventArguments) -> None:
        self._viewer.zoom(math.exp(_WHEEL_ZOOM * event.args))

    def _handle_key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown:
            return
        key = str(event.key.name)
        if key in _KEYS:
            right, down = _KEYS[key]
            if event.modifiers.shift:
                self._viewer.pan(_KEY_SHARE * right, _KEY_SHARE * down)
            else:
                self._viewer.turn(_KEY_DEGREES * right, _KEY_DEGREES * down)
        elif key in ("+", "-"):
            self._viewer.zoom(_KEY_ZOOM if key == "-" else 1 / _KEY_ZOOM)
        elif key == "Home":
            self._reset()

    def _reset(self) -> None:
        self._viewer.set_up(self._up.value)
        # Keys are for the scene again.
        self._up.run_method("blur")

    async def _save(self) -> None:
        with errors_shown_as_notices():
            png = await run.io_bound(self._viewer.render_png)
            if png is not None:
                ui.download.content(png, f"{self._stem}.png")


def format_scene_facts(name: str, facts: dict[str, object]) -> str:
    """Format the facts of `summarize_scene` in lines."""
    colours = "gray" if facts["channels"] == 1 else "in colour"
    return (
        f"{name}\n{facts['gaussians']:,} Gaussians {colours}, harmonics up to degree "
        f"{facts['degree']}\nradius {facts['radius']:.4g}"
    )

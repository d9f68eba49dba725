"""The place of the pictures on the page: they are zoomed, moved and chosen from in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from nicegui import events, ui

from spikecam.app.pressed_button import mark_pressed
from spikecam.app.region import Region
from spikecam.app.zoom import Zoom

Layout = Literal["single", "beside", "over"]
_FOLDER = Path(__file__).parent
# The pixel below the mouse is sent so often.
_HOVER_SECONDS = 0.06


class PictureStage:
    """The place of one picture or two on the page, which are zoomed and moved together.

    Attributes:
        zoom: as the visitor chose it; None where the whole picture fits.
        cut: place of the cut, in percent of the width.

    Args:
        on_pixel: takes x and y of a pixel that is clicked.
        on_region: takes a region that is dragged.
        on_hover: takes x and y of the pixel below the mouse, or None.
    """

    def __init__(
        self,
        on_pixel: Callable[[int, int], None],
        on_region: Callable[[Region], None],
        on_hover: Callable[[tuple[int, int] | None], None],
    ) -> None:
        ui.add_css(_FOLDER / "picture_stage.css")
        ui.add_body_html(f"<script>{(_FOLDER / 'picture_stage.js').read_text()}</script>")
        self.zoom: Zoom | None = None
        self.cut = 50
        self._on_region, self._serial = on_region, 0
        self._element = ui.element("picture-stage").classes("stage w-full")
        self._element.props('layout="single"')
        with self._element:
            self._panes = ui.element("div").classes("contents")
            cut = ui.element("div").classes("cut")
            cut.props(f'role="slider" tabindex=0 aria-label="Cut" aria-valuenow={self.cut}')
            ui.element("div").classes("band").props("hidden")
        self._element.on("viewchange", self._update_view, js_handler="(e) => emit(e.detail)")
        self._element.on("cutchange", self._update_cut, js_handler="(e) => emit(e.detail)")
        self._element.on(
            "pixelchoice",
            lambda event: on_pixel(*map(int, event.args)),
            js_handler="(e) => emit(e.detail)",
        )
        self._element.on("regionchoice", self._finish_region, js_handler="(e) => emit(e.detail)")
        self._element.on(
            "pixelhover",
            lambda event: on_hover(event.args and (int(event.args[0]), int(event.args[1]))),
            throttle=_HOVER_SECONDS,
            js_handler="(e) => emit(e.detail)",
        )

    @property
    def panes(self) -> ui.element:
        """The element that holds the panes."""
        return self._panes

    def build_buttons(self) -> None:
        """Build the buttons that zoom."""
        for label, icon, call in (
            ("Zoom in", "zoom_in", "zoomByStep(1)"),
            ("Zoom out", "zoom_out", "zoomByStep(-1)"),
            ("One pixel of the picture on one of the screen", "looks_one", "showPixels()"),
            ("Fit", "fit_screen", "fit()"),
            ("Full screen", "fullscreen", "toggleFullScreen()"),
        ):
            button = ui.button(icon=icon).props(f'flat dense aria-label="{label}"')
            # In the browser: only a click there may ask for the full screen.
            button.on("click", js_handler=f"() => getHtmlElement({self._element.id}).{call}")
            with button:
                ui.tooltip(label)
        self._scale = ui.label().classes("text-sm w-12")
        self._region_button = ui.button(
            icon="highlight_alt", on_click=lambda: self._choose_region(not self._is_choosing)
        )
        self._region_button.props('flat dense aria-label="Region" aria-pressed=false')
        with self._region_button:
            ui.tooltip("Region: drag a rectangle on the picture (or drag with Ctrl)")

    def set_size(self, width: int, height: int) -> None:
        """Set the size of the pictures in pixels."""
        self._element.props["size"] = f"{width}x{height}"

    def set_zoom(self, zoom: Zoom | None) -> None:
        """Set the zoom; None fits the whole picture."""
        self.zoom = zoom
        self._set_property("view", zoom=None if zoom is None else asdict(zoom))

    def set_cut(self, percent: int) -> None:
        """Set the place of the cut, in percent of the width."""
        self.cut = percent
        self._set_property("cut-place", percent=percent)

    def _set_property(self, name: str, **values: Any) -> None:
        # The browser may have changed it since: a new number makes the same value another one.
        self._serial += 1
        self._element.props[name] = json.dumps({"serial": self._serial, **values})

    def set_layout(self, layout: Layout) -> None:
        """Set the layout: one picture, two beside each other, or one over the other with a cut."""
        self._element.props["layout"] = layout

    def show_region(self, region: Region) -> None:
        """Zoom to a region."""
        self._element.run_method("showRegion", region.left, region.top, region.right, region.bottom)

    @property
    def _is_choosing(self) -> bool:
        return "mode" in self._element.props

    def _choose_region(self, is_choosing: bool) -> None:
        self._element.props.set_optional("mode", "region" if is_choosing else None)
        mark_pressed(self._region_button, is_choosing)

    def _finish_region(self, event: events.GenericEventArguments) -> None:
        # The next drag moves the picture again.
        self._choose_region(False)
        self._on_region(Region(*map(int, event.args)))

    def _update_view(self, event: events.GenericEventArguments) -> None:
        zoom = event.args["zoom"]
        self.zoom = None if zoom is None else Zoom(zoom["scale"], zoom["x"], zoom["y"])
        self._scale.set_text(f"{100 * event.args['scale']:.0f} %")

    def _update_cut(self, event: events.GenericEventArguments) -> None:
        self.cut = int(event.args)

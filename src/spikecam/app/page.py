"""The page: choosing a recording, looking at it, deblurring."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from spikecam.app.desk import Desk
from spikecam.app.opening import Opening
from spikecam.app.sharpening import Sharpening
from spikecam.app.viewing import Viewing

# White can be read on it.
COLOUR = "#2a5d8c"
_STYLE = """
.frame img, .compare img { image-rendering: pixelated; }
.compare { position: relative; --cut: 50%; }
.compare img { display: block; width: 100%; }
.compare img.after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut)); }
.said { white-space: pre-line; max-width: min(90vw, 40rem); }
"""


def build(desk: Desk, limit: int, first: Path | None) -> None:
    """Build the page of one visitor.

    Args:
        desk: what the visitor works on.
        limit: bytes that may be uploaded at once.
        first: a recording to open at once.
    """
    ui.add_css(_STYLE)
    ui.dark_mode(None)
    ui.colors(primary=COLOUR)
    with ui.header().classes("items-center gap-4 py-2"):
        ui.label("spikecam").classes("text-xl font-bold")
        with ui.tabs() as tabs:
            ui.tab("Open", icon="folder_open")
            looking = ui.tab("Look", icon="visibility")
            deblurring = ui.tab("Deblur", icon="auto_fix_high")
    looking.disable()
    deblurring.disable()

    def opened() -> None:
        looking.enable()
        deblurring.enable()
        viewing.begin()
        sharpening.begin()
        tabs.set_value("Look")

    def uploaded(path: Path) -> None:
        sharpening.offer(path)
        if desk.stream is not None:
            tabs.set_value("Deblur")

    with ui.tab_panels(tabs, value="Open", keep_alive=True).classes("w-full"):
        with ui.tab_panel("Look"):
            viewing = Viewing(desk, lambda: tabs.value == "Look")
        with ui.tab_panel("Deblur"):
            sharpening = Sharpening(desk, lambda: tabs.value == "Deblur")
        with ui.tab_panel("Open"):
            opening = Opening(desk, limit, opened, uploaded)
    if first is not None:
        ui.timer(0, lambda: opening.choose(first), once=True)

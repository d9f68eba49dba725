"""The page of the app, with a tab each for opening, viewing and deblurring."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from spikecam.app.deblur_tab import DeblurTab
from spikecam.app.open_tab import OpenTab
from spikecam.app.session import Session
from spikecam.app.view_tab import ViewTab

# White text is legible on it.
COLOUR = "#2a5d8c"
_STYLE = """
.frame img, .compare img { image-rendering: pixelated; }
.compare { position: relative; --cut: 50%; }
.compare img { display: block; width: 100%; }
.compare img.after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut)); }
.notice { white-space: pre-line; max-width: min(90vw, 40rem); }
"""


def build_app_page(session: Session, upload_limit: int, recording_to_open: Path | None) -> None:
    """Build the page of the app for one visitor.

    Args:
        session: what the visitor works on.
        upload_limit: bytes that may be uploaded in all.
        recording_to_open: to open at once, if any.
    """
    ui.add_css(_STYLE)
    ui.dark_mode(None)
    ui.colors(primary=COLOUR)
    with ui.header().classes("items-center gap-4 py-2"):
        ui.label("spikecam").classes("text-xl font-bold")
        with ui.tabs() as tabs:
            ui.tab("Open", icon="folder_open")
            view = ui.tab("View", icon="visibility")
            deblur = ui.tab("Deblur", icon="auto_fix_high")
    view.disable()
    deblur.disable()

    def show_recording() -> None:
        view.enable()
        deblur.enable()
        view_tab.show_recording()
        deblur_tab.show_recording()
        tabs.set_value("View")

    def offer_picture(path: Path) -> None:
        deblur_tab.refresh_picture_choices(path)
        if session.stream is not None:
            tabs.set_value("Deblur")

    with ui.tab_panels(tabs, value="Open", keep_alive=True).classes("w-full"):
        with ui.tab_panel("View"):
            view_tab = ViewTab(session, lambda: tabs.value == "View")
        with ui.tab_panel("Deblur"):
            deblur_tab = DeblurTab(session, lambda: tabs.value == "Deblur")
        with ui.tab_panel("Open"):
            open_tab = OpenTab(session, upload_limit, show_recording, offer_picture)
    if recording_to_open is not None:
        ui.timer(0, lambda: open_tab.choose_recording(recording_to_open), once=True)

"""The page of the app, with a tab each for opening, viewing and deblurring."""

from __future__ import annotations

from pathlib import Path

from nicegui import events, ui

from spikecam import sample
from spikecam.app.deblur_tab import DeblurTab
from spikecam.app.notices import show_notice
from spikecam.app.open_tab import OpenTab
from spikecam.app.page_address import DEBLUR, VIEW, PageAddress
from spikecam.app.page_style import COLOUR, SCRIPT, STYLE
from spikecam.app.session import Session
from spikecam.app.text import legible_text
from spikecam.app.upload_box import UploadBox
from spikecam.app.view_tab import ViewTab

# An address is written so often at most: browsers refuse more while a recording plays.
_ADDRESS_SECONDS = 0.5
_TITLE = "spikecam"


def build_app_page(session: Session, upload_limit: int, recording_to_open: Path | None) -> None:
    """Build the page of the app for one visitor.

    Args:
        session: what the visitor works on.
        upload_limit: bytes that may be uploaded in all.
        recording_to_open: to open at once, if any, where the address names none.
    """
    address = PageAddress.from_query(ui.context.client.request.query_params)
    if not address.is_open and recording_to_open is not None:
        address = PageAddress(recording_to_open)
    AppPage(session, upload_limit).show_first(address)


class AppPage:
    """The page of one visitor.

    Args:
        session: what the visitor works on.
        upload_limit: bytes that may be uploaded in all.
    """

    def __init__(self, session: Session, upload_limit: int) -> None:
        self._session = session
        # What the address says, and what it is to say of the frame once a recording is open.
        self._address, self._pending_address = PageAddress(), PageAddress()
        self._is_first = True
        ui.add_css(STYLE)
        ui.add_body_html(f"<script>{SCRIPT}</script>")
        ui.dark_mode(None)
        ui.colors(primary=COLOUR)
        with ui.header().classes("items-center gap-4 py-0"):
            ui.html("spikecam", sanitize=False, tag="h1").classes("app-name")
            with ui.tabs().props("inline-label dense") as self._tabs:
                ui.tab("Open", icon="folder_open")
                self._view = ui.tab("View", icon="visibility")
                self._deblur = ui.tab("Deblur", icon="auto_fix_high")
        self._view.disable()
        self._deblur.disable()
        # Held here: its element does not.
        self._upload_box = UploadBox(
            session, upload_limit, self._open_uploaded_recording, self._offer_uploaded_picture
        )
        with ui.tab_panels(self._tabs, value="Open", keep_alive=True).classes("w-full"):
            with ui.tab_panel("View"):
                self._view_tab = ViewTab(
                    session, lambda: self._tabs.value == "View", self._change_size
                )
            with ui.tab_panel("Deblur"):
                self._deblur_tab = DeblurTab(session, lambda: self._tabs.value == "Deblur")
            with ui.tab_panel("Open"):
                self._open_tab = OpenTab(session, self._upload_box, self._show_open_tab, self._show)
        ui.on("popstate", self._go_back)
        ui.timer(_ADDRESS_SECONDS, self._write_address)

    def show_first(self, address: PageAddress) -> None:
        """Show what an address says, once the page is there."""
        if address.is_open:
            ui.timer(0, lambda: self._follow(address), once=True)

    async def _follow(self, address: PageAddress) -> None:
        """Show what an address says."""
        if not address.is_open:
            self._address = address
            self._tabs.set_value("Open")
            return
        if self._session.stream is not None and address.shows_recording_of(self._address):
            self._address = address
            self._show_frame_of(address)
            return
        self._pending_address = address
        if address.is_sample:
            self._open_tab.open_sample()
        elif address.recording is not None:
            await self._open_tab.choose_recording(address.recording, address.camera, address.rate)

    async def _go_back(self, event: events.GenericEventArguments) -> None:
        await self._follow(PageAddress.from_query(dict(event.args)))

    def _show(self) -> None:
        """Show the recording that was opened."""
        self._view.enable()
        self._deblur.enable()
        self._view_tab.show_recording()
        self._deblur_tab.show_recording()
        pending, self._pending_address = self._pending_address, PageAddress()
        present = self._present_address()
        if pending.recording == present.recording and pending.is_sample == present.is_sample:
            self._show_frame_of(pending)
        else:
            self._tabs.set_value("View")
        present = self._present_address()
        if not present.shows_recording_of(self._address) and not pending.is_open:
            ui.navigate.history.push(present.to_url())
            self._address = present
        if self._session.path is not None:
            ui.page_title(legible_text(f"{self._session.path.name} - {_TITLE}"))

    def _show_frame_of(self, address: PageAddress) -> None:
        self._tabs.set_value("Deblur" if address.tab == DEBLUR else "View")
        self._view_tab.show_address(address)

    def _present_address(self) -> PageAddress:
        session = self._session
        if session.path is None or session.stream is None:
            return PageAddress()
        is_sample = session.path == sample.SPIKES
        address = PageAddress(
            None if is_sample else session.path,
            is_sample,
            session.camera,
            session.rate,
            tab=DEBLUR if self._tabs.value == "Deblur" else VIEW,
        )
        return self._view_tab.describe(address)

    def _write_address(self) -> None:
        """Write into the address what the page shows, in the place of what it says."""
        if self._tabs.value == "Open":
            return
        present = self._present_address()
        if present != self._address:
            self._address = present
            ui.navigate.history.replace(present.to_url())

    def _show_open_tab(self) -> None:
        self._tabs.set_value("Open")

    def _change_size(self) -> None:
        if self._session.path is not None:
            self._open_tab.ask_size(self._session.path)

    async def _open_uploaded_recording(self, path: Path) -> None:
        self._open_tab.refresh_files()
        await self._open_tab.choose_recording(path)

    def _offer_uploaded_picture(self, path: Path) -> None:
        self._open_tab.refresh_files()
        self._deblur_tab.refresh_picture_choices(path)
        if self._session.stream is not None:
            self._tabs.set_value("Deblur")
        else:
            show_notice(f"{path.name} is uploaded; open the recording that belongs to it")

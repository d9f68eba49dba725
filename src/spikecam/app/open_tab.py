"""Tab in which a recording is chosen: the sample, a listed or an uploaded file, and its size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nicegui import run, ui

from spikecam.app.file_browser import FileBrowser
from spikecam.app.notices import errors_shown_as_notices, remove_all_notices
from spikecam.app.recent_list import RecentList
from spikecam.app.session import Session
from spikecam.app.size_question import Camera, SizeQuestion
from spikecam.app.upload_box import UploadBox

_TOPIC = "open"


class OpenTab:
    """The tab of the page in which a recording is chosen.

    Args:
        session: where the recording is opened.
        upload_box: takes files that are dropped.
        on_ask: called when the tab asks for something, and is to be shown.
        on_open: called when a recording has been opened.
    """

    def __init__(
        self,
        session: Session,
        upload_box: UploadBox,
        on_ask: Callable[[], None],
        on_open: Callable[[], None],
    ) -> None:
        self.session, self._on_ask, self._on_open = session, on_ask, on_open
        with ui.column().classes("w-full max-w-4xl mx-auto gap-6"):
            with ui.column().classes("gap-2"):
                ui.label("Open a recording").classes("text-2xl")
                ui.label(
                    "Nothing leaves this machine: the page comes from the program that you started."
                ).classes("text-sm opacity-70")
                ui.button("Open the sample", icon="play_circle", on_click=self.open_sample)
            upload_box.build_invitation()
            self._size_question = SizeQuestion(session, self._open)
            self._recent = RecentList(
                session, lambda one: self.choose_recording(one.path, one.camera, one.rate)
            )
            self._browser = FileBrowser(session, self.choose_recording)
        self._recent.refresh()
        self._browser.refresh()

    def refresh_files(self) -> None:
        """Read the list of files again."""
        with errors_shown_as_notices(_TOPIC):
            self._browser.refresh()

    async def choose_recording(
        self, path: Path, camera: Camera | None = None, rate: float | None = None
    ) -> None:
        """Open the chosen recording, or ask for its frame size first.

        Args:
            path: the recording.
            camera, rate: as of `Session.read_stream`.
        """
        with errors_shown_as_notices(_TOPIC):
            if camera is None and self.session.needs_frame_size(path):
                self.ask_size(path)
                return
            await self._open(path, camera, rate)

    def ask_size(self, path: Path) -> None:
        """Ask for the frame size of a recording."""
        with errors_shown_as_notices(_TOPIC):
            self._size_question.ask(path)
            self._on_ask()

    def open_sample(self) -> None:
        """Open the recording that ships with spikecam."""
        self.session.open_sample()
        self._show_opened()

    async def _open(self, path: Path, camera: Camera | None, rate: float | None) -> None:
        with errors_shown_as_notices(_TOPIC):
            # Not on the page's thread: some formats are read as a whole.
            stream = await run.io_bound(self.session.read_stream, path, camera, rate)
            if stream is not None:
                self.session.set_recording(path, stream, camera, rate)
                self._show_opened()

    def _show_opened(self) -> None:
        self._size_question.hide()
        self._recent.remember_opened()
        remove_all_notices()
        self._on_open()

"""The list of recordings that were opened of late, on the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from spikecam import sample
from spikecam.app.file_list import FileEntry
from spikecam.app.file_rows import FileRows
from spikecam.app.recent_recordings import RecentRecording, list_recent, remember_recent
from spikecam.app.session import Session

_MAX_ROWS = 8


class RecentList:
    """The recordings that were opened of late and may be opened in this run.

    Args:
        session: whose files they are.
        on_choose: called with the one that was chosen.
    """

    def __init__(
        self, session: Session, on_choose: Callable[[RecentRecording], Awaitable[None]]
    ) -> None:
        self._session, self._on_choose = session, on_choose
        self._recordings: dict[FileEntry, RecentRecording] = {}
        with ui.column().classes("w-full gap-1") as self._column:
            ui.label("Opened recently").classes("text-sm opacity-70")
            self._rows = FileRows(session, "Opened recently", self._choose)

    def refresh(self) -> None:
        """Read the list again."""
        self._recordings = {}
        for recording in list_recent():
            entry = self._session.files.entry_of(recording.path)
            if entry is not None and len(self._recordings) < _MAX_ROWS:
                self._recordings[entry] = recording
        self._column.visible = bool(self._recordings)
        self._rows.show(list(self._recordings))

    def remember_opened(self) -> None:
        """Remember the recording that is open, unless it is the sample or was uploaded."""
        session = self._session
        path = session.path
        if path is None or path == sample.SPIKES or path.parent == session.files.uploads:
            return
        remember_recent(RecentRecording(path, session.camera, session.rate))
        self.refresh()

    async def _choose(self, entry: FileEntry) -> None:
        await self._on_choose(self._recordings[entry])

"""List of the files that may be opened: folder by folder, with a filter, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from nicegui import context, ui

from spikecam.app.file_list import FileEntry, filter_entries
from spikecam.app.file_rows import FileRows
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.session import Session
from spikecam.app.text import legible_text
from spikecam.errors import SpikecamError
from spikecam.io.recording_format import suffixes_as_text

# Rows of the list that are shown at once; with fewer there is nothing to filter.
_PAGE_ROWS, _FILTER_ROWS = 50, 12
_TOPIC = "open"


class FileBrowser:
    """The list of files on the page.

    Args:
        session: whose files are listed.
        on_choose: called with the path of a recording that was chosen.
    """

    def __init__(self, session: Session, on_choose: Callable[[Path], Awaitable[None]]) -> None:
        self._session, self._on_choose = session, on_choose
        folders = session.files.folders
        self._folder = folders[0] if folders else None
        self._entries: list[FileEntry] = []
        with ui.column().classes("w-full gap-1") as self._uploads:
            ui.label("Uploaded").classes("text-sm opacity-70")
            self._upload_rows = FileRows(session, "Uploaded", self._choose, self._remove_upload)
        with ui.column().classes("w-full gap-1") as self._listing:
            self._build_listing()
        self._listing.visible = self._folder is not None

    def _build_listing(self) -> None:
        with ui.row().classes("w-full items-center gap-3 no-wrap"):
            self._title = ui.label().classes("text-sm opacity-70 grow break-all")
            button = ui.button(icon="refresh", on_click=self._reread)
            button.props('flat round dense aria-label="Read the folder again"')
        self._filter = ui.input("Filter by name", on_change=self._filter_changed)
        self._filter.props("clearable dense debounce=250").classes("w-full")
        self._rows = FileRows(self._session, "Files", self._choose)
        self._nothing = ui.label("No name here contains that.").classes("text-sm opacity-70")
        self._note = ui.label().classes("text-sm opacity-70")
        self._pages = ui.pagination(
            1, 1, direction_links=True, on_change=lambda event: self._show_page(event.value)
        ).props("max-pages=7 boundary-numbers")

    def refresh(self) -> None:
        """Read the present folder and the uploads again.

        Raises:
            FileError: the folder cannot be read; the list then stays.
        """
        self._refresh_uploads()
        if self._folder is not None:
            self._show_folder(self._folder)

    def _refresh_uploads(self) -> None:
        files = self._session.files
        uploads = [
            e for e in files.list_folder(files.uploads) if e.kind in ("recording", "picture")
        ]
        self._uploads.visible = bool(uploads)
        self._upload_rows.show(uploads)

    def _show_folder(self, folder: Path) -> None:
        files = self._session.files
        entries = files.list_folder(folder)
        if folder in files.folders:
            others = [root for root in files.folders if root != folder]
        else:
            others = [folder.parent]
        links = [FileEntry(other, "folder") for other in others]
        self._folder = folder
        openable = [entry for entry in entries if entry.kind in ("folder", "recording")]
        self._entries = [*links, *openable]
        self._title.set_text(legible_text(f"In {folder}"))
        self._note.set_text(describe_others(entries))
        self._filter.visible = len(self._entries) > _FILTER_ROWS
        self._filter.set_value("")
        self._show_page(1)

    def _reread(self) -> None:
        with errors_shown_as_notices(_TOPIC):
            self.refresh()

    def _filter_changed(self) -> None:
        self._show_page(1)

    def _show_page(self, page: int | None) -> None:
        matches = filter_entries(self._entries, self._filter.value or "")
        last = max(1, -(-len(matches) // _PAGE_ROWS))
        page = min(max(page or 1, 1), last)
        self._pages.max, self._pages.visible = last, last > 1
        self._pages.set_value(page)
        rows = matches[(page - 1) * _PAGE_ROWS : page * _PAGE_ROWS]
        parent = None if self._folder is None else self._folder.parent
        self._rows.show(rows, [".." if row.path == parent else row.path.name for row in rows])
        self._nothing.visible = not matches and bool(self._entries)

    def _remove_upload(self, path: Path) -> None:
        client = context.client
        self._session.files.remove_upload(path)
        with client:
            self._refresh_uploads()

    async def _choose(self, entry: FileEntry) -> None:
        if entry.kind == "recording":
            await self._on_choose(entry.path)
            return
        with errors_shown_as_notices(_TOPIC):
            try:
                self._show_folder(entry.path)
            except SpikecamError:
                # It is gone: its row goes, too.
                if self._folder is not None:
                    self._show_folder(self._folder)
                raise


def describe_others(entries: list[FileEntry]) -> str:
    """Describe what a folder holds beside recordings, and whether it has none."""
    counts = Counter(entry.kind for entry in entries)
    sentences = []
    if not counts["recording"]:
        sentences.append(f"No recordings ({suffixes_as_text()}) are in this folder.")
    if counts["picture"]:
        sentences.append(f"{_number(counts['picture'], 'picture')} here as well, for Deblur.")
    if counts["video"]:
        sentences.append(
            f"{_number(counts['video'], 'video')} here, which this page does not open."
        )
    return " ".join(sentences)


def _number(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count:,} {noun}s are"

"""Rows of recordings and folders in lists of the page, with a small picture and facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from nicegui import run, ui

from spikecam.app.file_list import FileEntry, describe_entry
from spikecam.app.picture_urls import thumbnail_url
from spikecam.app.recording_card import recording_facts
from spikecam.app.session import Session
from spikecam.app.text import legible_text
from spikecam.errors import SpikecamError

_ICONS = {"folder": "folder", "recording": "grain", "picture": "image"}
_HIDE = "(e) => { e.target.style.visibility = 'hidden'; }"

OnChoose = Callable[[FileEntry], Awaitable[None]]


class FileRows:
    """A list of rows, each of which opens an entry.

    Args:
        session: whose files are listed.
        label: what the list is called.
        on_choose: called with the entry of a row that was chosen.
        on_remove: called with the path of an entry that is to be removed; None where none can be.
    """

    def __init__(
        self,
        session: Session,
        label: str,
        on_choose: OnChoose,
        on_remove: Callable[[Path], None] | None = None,
    ) -> None:
        self._session, self._on_choose, self._on_remove = session, on_choose, on_remove
        self._list = ui.list().props(f'bordered dense role=group aria-label="{label}"')
        self._list.classes("w-full file-rows")
        self._version = 0

    def show(self, entries: Sequence[FileEntry], names: Sequence[str] | None = None) -> None:
        """Show these entries.

        Args:
            entries: of the list.
            names: that they are called by, in place of their file names.
        """
        self._version += 1
        self._list.visible = bool(entries)
        self._list.clear()
        unread: list[tuple[FileEntry, ui.item_label]] = []
        with self._list:
            for entry, name in zip(
                entries, names or [entry.path.name for entry in entries], strict=True
            ):
                label = self._build_row(entry, legible_text(name))
                if label is not None:
                    unread.append((entry, label))
        if unread:
            ui.timer(0, partial(self._read_facts, unread, self._version), once=True)

    def _build_row(self, entry: FileEntry, name: str) -> ui.item_label | None:
        """Build a row; gives the label of its facts where the file must be read for them."""
        can_choose = entry.kind in ("folder", "recording")
        on_click = partial(self._on_choose, entry) if can_choose else None
        facts = None if entry.kind == "folder" else describe_entry(entry)
        text = None
        with ui.row().classes("w-full no-wrap items-center gap-0"):
            item = ui.item(on_click=on_click).classes("file grow")
            if can_choose:
                item.props("role=button")
            with item:
                with ui.item_section().props("avatar").classes("file-picture"):
                    if facts is not None and facts.size_is_known:
                        image = ui.element("img").props('alt="" loading=lazy width=64 height=40')
                        image.props["src"] = thumbnail_url(self._session, entry)
                        image.on("error", js_handler=_HIDE)
                    else:
                        ui.icon(_ICONS[entry.kind])
                with ui.item_section():
                    ui.item_label(name).classes("break-all")
                    if facts is not None:
                        text = ui.item_label(facts.text).classes("text-xs opacity-80")
            if self._on_remove is not None:
                button = ui.button(icon="delete", on_click=partial(self._on_remove, entry.path))
                button.props("flat round dense")
                button.props["aria-label"] = f"Remove {name}"
        return None if facts is None or facts.is_whole else text

    async def _read_facts(
        self, unread: Sequence[tuple[FileEntry, ui.item_label]], version: int
    ) -> None:
        """Read the size and number of frames of recordings that hold them themselves."""
        for entry, label in unread:
            try:
                facts = await run.io_bound(
                    recording_facts, entry.path.resolve(), entry.size, entry.modified
                )
            except (SpikecamError, OSError):
                continue
            if facts is None or version != self._version or label.is_deleted:
                return
            label.set_text(describe_entry(entry, facts).text)

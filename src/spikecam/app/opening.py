"""Choosing what to open: the sample, a file on offer or one that is dropped, and its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from nicegui import events, run, ui

from spikecam.app.addresses import glance_address
from spikecam.app.desk import Desk
from spikecam.app.look import known_sizes
from spikecam.app.saying import say, saying
from spikecam.app.shelf import Entry
from spikecam.errors import FileError, OptionError, SpikecamError
from spikecam.io.pictures import is_picture
from spikecam.io.recording_format import is_recording, suffix_list

_ICONS = {"folder": "folder", "recording": "grain", "picture": "image"}


class Opening:
    """The part of a page where a recording is chosen.

    Args:
        desk: what it is opened on.
        limit: bytes that may be uploaded at once.
        opened: called once a recording is open.
        uploaded: called with every picture that was uploaded.
    """

    def __init__(
        self,
        desk: Desk,
        limit: int,
        opened: Callable[[], None],
        uploaded: Callable[[Path], None],
    ) -> None:
        self.desk, self._opened, self._uploaded = desk, opened, uploaded
        self._limit = limit
        self._folder = desk.shelf.folders[0] if desk.shelf.folders else None
        with ui.column().classes("w-full max-w-4xl mx-auto gap-6"):
            with ui.column().classes("gap-2"):
                ui.label("Open a recording").classes("text-2xl")
                ui.label(
                    "Nothing leaves this machine: the page comes from the program that you started."
                ).classes("text-sm opacity-70")
                ui.button("Open the sample", icon="play_circle", on_click=self._open_sample)
            ui.upload(
                label=f"Drop spikes ({suffix_list()}) and a blurry picture, up to {_size(limit)}",
                multiple=True,
                auto_upload=True,
                max_total_size=limit,
                on_upload=self._upload,
                on_rejected=lambda: say(
                    f"That was dropped before, or is more than the {_size(limit)} that may be "
                    "uploaded; start spikecam app with the folder of the file, and open it there.",
                    bad=True,
                ),
            ).classes("w-full")
            self._files = ui.column().classes("w-full gap-1")
            self._sizes = ui.column().classes("w-full gap-3")
        self._list()

    async def choose(self, path: Path) -> None:
        """Open a recording, or ask for its size first."""
        with saying():
            if self.desk.needs_size(path):
                self._ask_size(path)
                return
            await self._open(path)

    def _open_sample(self) -> None:
        self.desk.open_sample()
        self._opened()

    async def _open(self, path: Path, camera: str | tuple[int, int] | None = None) -> None:
        with saying():
            # Some formats have to be read as a whole.
            stream = await run.io_bound(self.desk.read, path, camera)
            if stream is not None:
                self.desk.take(path, stream)
                self._sizes.clear()
                self._opened()

    async def _upload(self, event: events.UploadEventArguments) -> None:
        with saying():
            path = self.desk.shelf.place(event.file.name)
            kept = False
            try:
                if self.desk.shelf.uploaded() + event.file.size() > self._limit:
                    raise FileError(
                        f"with {path.name} more than {_size(self._limit)} would be uploaded; start "
                        "spikecam app with the folder of the file, and open it from there"
                    )
                told = path.suffix.lower() == ".json"
                if not (is_recording(path) or is_picture(path) or told):
                    raise FileError(
                        f"{path.name} is neither a recording nor a picture; drop a {suffix_list()} "
                        "file, what belongs to it in .json, or a PNG or JPEG picture"
                    )
                await event.file.save(path)
                kept = True
            finally:
                if not kept:
                    path.unlink()
            if is_recording(path):
                self._list()
                await self.choose(path)
            elif told:
                say(f"{path.name} tells of {path.stem}, when that is opened")
            else:
                self._uploaded(path)

    def _list(self) -> None:
        """The folder that is shown, anew."""
        shelf = self.desk.shelf
        uploaded = [e for e in shelf.entries(shelf.uploads) if e.kind == "recording"]
        inside = [] if self._folder is None else shelf.entries(self._folder)
        self._files.clear()
        with self._files:
            if uploaded:
                ui.label("Uploaded").classes("text-sm opacity-70")
                self._entries(uploaded)
            if self._folder is None:
                return
            roots = shelf.folders
            ui.label(f"In {self._folder}").classes("text-sm opacity-70")
            elsewhere = [root for root in roots if self._folder in roots and root != self._folder]
            if self._folder not in roots:
                elsewhere.append(self._folder.parent)
            others = [Entry(folder, "folder") for folder in elsewhere]
            self._entries([*others, *(e for e in inside if e.kind != "picture")])
            if not any(entry.kind == "recording" for entry in inside):
                ui.label(f"No recordings ({suffix_list()}) are in this folder.")

    def _entries(self, entries: Sequence[Entry]) -> None:
        async def chosen(entry: Entry) -> None:
            if entry.kind == "folder":
                before, self._folder = self._folder, entry.path
                with saying():
                    try:
                        self._list()
                    except SpikecamError:
                        self._folder = before
                        raise
            else:
                await self.choose(entry.path)

        with ui.list().props("bordered separator dense").classes("w-full"):
            for entry in entries:
                above = self._folder is not None and entry.path == self._folder.parent
                with ui.item(on_click=partial(chosen, entry)):
                    with ui.item_section().props("avatar"):
                        ui.icon(_ICONS[entry.kind])
                    with ui.item_section():
                        ui.item_label(".." if above else entry.path.name)
                    if entry.kind == "recording":
                        with ui.item_section().props("side"):
                            ui.item_label(_size(entry.size))

    def _ask_size(self, path: Path) -> None:
        """Pictures of what the file shows at several sizes; the right one looks like something."""
        self._sizes.clear()
        with self._sizes:
            ui.label(f"Which size do the frames of {path.name} have?").classes("text-xl")
            ui.label(
                "The file does not say it. With a wrong size the picture falls apart into stripes; "
                "choose the one that looks like something."
            )
            with ui.row().classes("gap-4"):
                for one in known_sizes(path):
                    self._card(path, one.name, f"{one.width} x {one.height}", one.whole)
            with ui.row().classes("items-center gap-4"):
                width = ui.number("Width", value=400, min=1, precision=0)
                height = ui.number("Height", value=250, min=1, precision=0)
                # Of a fixed size: what is below must not jump while somebody reaches for it.
                shown = ui.image().classes("w-64 h-48").props("no-spinner fit=contain")
                fits = ui.label()

                def look() -> None:
                    size = _whole(height.value), _whole(width.value)
                    if all(size):
                        shown.set_source(glance_address(self.desk, path, size))
                        over = path.stat().st_size % ((size[0] * size[1] + 7) // 8)
                        fits.set_text(f"{over} bytes are left over" if over else "it fits the file")

                async def use() -> None:
                    with saying():
                        size = _whole(height.value), _whole(width.value)
                        if not all(size):
                            raise OptionError("width and height are whole numbers from 1 on")
                        await self._open(path, size)

                width.on_value_change(look)
                height.on_value_change(look)
                look()
                ui.button("Use this size", on_click=use)
        self._sizes.run_method("scrollIntoView")

    def _card(self, path: Path, name: str, size: str, whole: bool) -> None:
        card = ui.button(on_click=partial(self._open, path, name))
        with card.props("outline no-caps").classes("p-2"), ui.column().classes("items-center"):
            ui.image(glance_address(self.desk, path, name)).classes("w-48 h-36").props(
                "no-spinner fit=contain"
            )
            ui.label(size).classes("font-bold")
            ui.label(name if whole else f"{name}: does not fit the file").classes("text-xs")


def _whole(value: float | None) -> int:
    return int(value) if value is not None and value >= 1 else 0


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"

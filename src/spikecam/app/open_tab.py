"""Tab in which a recording is chosen: the sample, a listed or an uploaded file, and its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from nicegui import events, run, ui

from spikecam.app.file_list import FileEntry
from spikecam.app.frame_size import list_camera_sizes_fitting_first
from spikecam.app.notices import errors_shown_as_notices, show_notice
from spikecam.app.picture_urls import size_preview_url
from spikecam.app.session import Session
from spikecam.app.text import format_bytes
from spikecam.errors import FileError, OptionError, SpikecamError
from spikecam.io.pictures import is_picture
from spikecam.io.recording_format import is_recording, suffixes_as_text

_ICONS = {"folder": "folder", "recording": "grain", "picture": "image"}


class OpenTab:
    """The tab of the page in which a recording is chosen.

    Args:
        session: where the recording is opened.
        upload_limit: bytes that may be uploaded in all.
        on_open: called when a recording has been opened.
        on_picture: called with every picture that was uploaded.
    """

    def __init__(
        self,
        session: Session,
        upload_limit: int,
        on_open: Callable[[], None],
        on_picture: Callable[[Path], None],
    ) -> None:
        self.session, self._on_open, self._on_picture = session, on_open, on_picture
        self._upload_limit = upload_limit
        self._folder = session.files.folders[0] if session.files.folders else None
        limit = format_bytes(upload_limit)
        with ui.column().classes("w-full max-w-4xl mx-auto gap-6"):
            with ui.column().classes("gap-2"):
                ui.label("Open a recording").classes("text-2xl")
                ui.label(
                    "Nothing leaves this machine: the page comes from the program that you started."
                ).classes("text-sm opacity-70")
                ui.button("Open the sample", icon="play_circle", on_click=self._open_sample)
            ui.upload(
                label=f"Drop spikes ({suffixes_as_text()}) and a blurry picture, up to {limit}",
                multiple=True,
                auto_upload=True,
                max_total_size=upload_limit,
                on_upload=self._upload,
                on_rejected=lambda: show_notice(
                    f"That was dropped before, or is more than the {limit} that may be "
                    "uploaded; start spikecam app with the folder of the file, and open it there.",
                    is_error=True,
                ),
            ).classes("w-full")
            self._files = ui.column().classes("w-full gap-1")
            self._sizes = ui.column().classes("w-full gap-3")
        self._refresh_file_list()

    async def choose_recording(self, path: Path) -> None:
        """Open the chosen recording, or ask for its frame size first."""
        with errors_shown_as_notices():
            if self.session.needs_frame_size(path):
                self._show_size_previews(path)
                return
            await self._open(path)

    def _open_sample(self) -> None:
        self.session.open_sample()
        self._on_open()

    async def _open(self, path: Path, camera: str | tuple[int, int] | None = None) -> None:
        with errors_shown_as_notices():
            # Not on the page's thread: some formats are read as a whole.
            stream = await run.io_bound(self.session.read_stream, path, camera)
            if stream is not None:
                self.session.set_recording(path, stream)
                self._sizes.clear()
                self._on_open()

    async def _upload(self, event: events.UploadEventArguments) -> None:
        files = self.session.files
        with errors_shown_as_notices():
            path = files.create_upload(event.file.name)
            is_sidecar = path.suffix.lower() == ".json"
            complete = False
            try:
                if files.uploaded_bytes() + event.file.size() > self._upload_limit:
                    raise FileError(
                        f"with {path.name} more than {format_bytes(self._upload_limit)} would be "
                        "uploaded; start spikecam app with the folder of the file, and open it "
                        "from there"
                    )
                if not (is_recording(path) or is_picture(path) or is_sidecar):
                    raise FileError(
                        f"{path.name} is neither a recording nor a picture; drop a "
                        f"{suffixes_as_text()} file, the .json file that belongs to it, or a PNG "
                        "or JPEG picture"
                    )
                await event.file.save(path)
                complete = True
            finally:
                if not complete:
                    path.unlink()
            if is_recording(path):
                self._refresh_file_list()
                await self.choose_recording(path)
            elif is_sidecar:
                show_notice(f"{path.name} is used when {path.stem} is opened")
            else:
                self._on_picture(path)

    def _refresh_file_list(self) -> None:
        """Refresh the list of files: the present folder and the uploads."""
        files = self.session.files
        uploads = [entry for entry in files.list_folder(files.uploads) if entry.kind == "recording"]
        entries = [] if self._folder is None else files.list_folder(self._folder)
        self._files.clear()
        with self._files:
            if uploads:
                ui.label("Uploaded").classes("text-sm opacity-70")
                self._list_entries(uploads)
            if self._folder is None:
                return
            roots = files.folders
            ui.label(f"In {self._folder}").classes("text-sm opacity-70")
            if self._folder in roots:
                other_folders = [root for root in roots if root != self._folder]
            else:
                other_folders = [self._folder.parent]
            links = [FileEntry(folder, "folder") for folder in other_folders]
            self._list_entries([*links, *(e for e in entries if e.kind != "picture")])
            if not any(entry.kind == "recording" for entry in entries):
                ui.label(f"No recordings ({suffixes_as_text()}) are in this folder.")

    def _list_entries(self, entries: Sequence[FileEntry]) -> None:
        async def open_entry(entry: FileEntry) -> None:
            if entry.kind == "folder":
                folder_before, self._folder = self._folder, entry.path
                with errors_shown_as_notices():
                    try:
                        self._refresh_file_list()
                    except SpikecamError:
                        self._folder = folder_before
                        raise
            else:
                await self.choose_recording(entry.path)

        with ui.list().props("bordered separator dense").classes("w-full"):
            for entry in entries:
                is_parent = self._folder is not None and entry.path == self._folder.parent
                with ui.item(on_click=partial(open_entry, entry)):
                    with ui.item_section().props("avatar"):
                        ui.icon(_ICONS[entry.kind])
                    with ui.item_section():
                        ui.item_label(".." if is_parent else entry.path.name)
                    if entry.kind == "recording":
                        with ui.item_section().props("side"):
                            ui.item_label(format_bytes(entry.size))

    def _show_size_previews(self, path: Path) -> None:
        """Show previews of a recording at several frame sizes to choose from."""
        self._sizes.clear()
        with self._sizes:
            ui.label(f"Which size do the frames of {path.name} have?").classes("text-xl")
            ui.label(
                "The file does not say it. With a wrong size the picture falls apart into stripes; "
                "choose the one that looks like something."
            )
            with ui.row().classes("gap-4"):
                for size in list_camera_sizes_fitting_first(path):
                    note = "" if size.divides_file else ": does not fit the file"
                    self._size_button(
                        path, size.camera, f"{size.width} x {size.height}", f"{size.camera}{note}"
                    )
            self._size_form(path)
        self._sizes.run_method("scrollIntoView")

    def _size_form(self, path: Path) -> None:
        with ui.row().classes("items-center gap-4"):
            width = ui.number("Width", value=400, min=1, precision=0)
            height = ui.number("Height", value=250, min=1, precision=0)
            # Of a fixed size, so that what is below does not jump under the pointer.
            preview = ui.image().classes("w-64 h-48").props("no-spinner fit=contain")
            fit = ui.label()

            def update_preview() -> None:
                size = _whole_number(height.value), _whole_number(width.value)
                if all(size):
                    preview.set_source(size_preview_url(self.session, path, size))
                    left_over = path.stat().st_size % ((size[0] * size[1] + 7) // 8)
                    fit.set_text(
                        f"{left_over} bytes are left over" if left_over else "it fits the file"
                    )

            async def use_size() -> None:
                with errors_shown_as_notices():
                    size = _whole_number(height.value), _whole_number(width.value)
                    if not all(size):
                        raise OptionError("width and height are whole numbers from 1 on")
                    await self._open(path, size)

            width.on_value_change(update_preview)
            height.on_value_change(update_preview)
            update_preview()
            ui.button("Use this size", on_click=use_size)

    def _size_button(self, path: Path, camera: str, size: str, caption: str) -> None:
        button = ui.button(on_click=partial(self._open, path, camera))
        button.props("outline no-caps").classes("p-2")
        with button, ui.column().classes("items-center"):
            preview = ui.image(size_preview_url(self.session, path, camera)).classes("w-48 h-36")
            preview.props("no-spinner fit=contain")
            ui.label(size).classes("font-bold")
            ui.label(caption).classes("text-xs")


def _whole_number(value: float | None) -> int:
    return int(value) if value is not None and value >= 1 else 0

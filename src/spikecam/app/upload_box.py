"""Uploads: files that are chosen, or dropped anywhere on the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from weakref import WeakMethod

from nicegui import events, ui

from spikecam.app.notices import errors_shown_as_notices, show_notice
from spikecam.app.session import Session
from spikecam.app.text import format_bytes
from spikecam.errors import FileError
from spikecam.io.pictures import is_picture, picture_size
from spikecam.io.recording_format import is_recording, suffixes_as_text

_TOPIC = "upload"
# A file that is dropped beside the box would replace the page.
_DROP_SCRIPT = """
(() => {
    if (window.spikecamTakesDrops) return;
    window.spikecamTakesDrops = true;
    const holdsFiles = (e) => [...(e.dataTransfer?.types ?? [])].includes("Files");
    document.addEventListener("dragover", (e) => { if (holdsFiles(e)) e.preventDefault(); });
    document.addEventListener("drop", (e) => {
        if (!holdsFiles(e)) return;
        e.preventDefault();
        getElement(UPLOAD).$refs.qRef.addFiles(e.dataTransfer.files);
    });
})();
"""


class UploadBox:
    """What takes the files that a visitor drops or chooses; it stands outside of all tabs.

    Args:
        session: whose files they become.
        upload_limit: bytes that may be uploaded in all.
        on_recording: called with every recording that was uploaded.
        on_picture: called with every picture.
    """

    def __init__(
        self,
        session: Session,
        upload_limit: int,
        on_recording: Callable[[Path], Awaitable[None]],
        on_picture: Callable[[Path], None],
    ) -> None:
        self._session, self._limit = session, upload_limit
        self._on_recording, self._on_picture = on_recording, on_picture
        self._progress: ui.linear_progress | None = None
        # The web server's caches hold the element for good, and so would they the whole page.
        take, refuse, fail = (WeakMethod(one) for one in (self._take, self._refuse, self._fail))
        show_progress = WeakMethod(self._show_progress)
        self._upload = ui.upload(
            multiple=True,
            auto_upload=True,
            max_total_size=upload_limit,
            on_upload=lambda event: _call(take, event),
            on_rejected=lambda: _call(refuse),
        ).style("display: none")
        # It forgets files that it sent, or it would refuse to take one again.
        self._upload.on("uploaded", js_handler=f"() => {self._in_browser}.removeUploadedFiles()")
        self._upload.on("failed", js_handler=f"() => {self._in_browser}.reset()")
        self._upload.on("failed", lambda: _call(fail), args=[])
        self._upload.on("start", lambda: _call(show_progress, True), args=[])
        self._upload.on("finish", lambda: _call(show_progress, False), args=[])
        script = _DROP_SCRIPT.replace("UPLOAD", str(self._upload.id))
        ui.context.client.on_connect(lambda: ui.run_javascript(script))

    @property
    def _in_browser(self) -> str:
        return f"getElement({self._upload.id}).$refs.qRef"

    def build_invitation(self) -> None:
        """Build the box that says what may be dropped, with a button to choose files."""
        with ui.column().classes("w-full items-center gap-2 p-6 rounded border-2 border-dashed"):
            ui.label(
                f"Drop spikes ({suffixes_as_text()}) and a blurry picture anywhere on this page, "
                f"up to {format_bytes(self._limit)}"
            ).classes("text-center")
            button = ui.button("Choose files", icon="upload").props("outline")
            button.on("click", js_handler=f"() => {self._in_browser}.pickFiles()")
            self._progress = ui.linear_progress(show_value=False).props("indeterminate")
            self._progress.visible = False

    def _show_progress(self, visible: bool) -> None:
        if self._progress is not None:
            self._progress.visible = visible

    def _refuse(self) -> None:
        show_notice(
            f"That is more than the {format_bytes(self._limit)} that may be uploaded; start "
            "spikecam app with the folder of the file, and open it there.",
            is_error=True,
            topic=_TOPIC,
        )

    def _fail(self) -> None:
        show_notice(
            f"The upload broke off, or more than {format_bytes(self._limit)} would be uploaded; "
            "remove another upload, or start spikecam app with the folder of the file.",
            is_error=True,
            topic=_TOPIC,
        )

    async def _take(self, event: events.UploadEventArguments) -> None:
        files = self._session.files
        with errors_shown_as_notices(_TOPIC):
            path = files.create_upload(event.file.name)
            is_sidecar = path.suffix.lower() == ".json"
            complete = False
            try:
                if files.uploaded_bytes() + event.file.size() > self._limit:
                    raise FileError(
                        f"with {path.name} more than {format_bytes(self._limit)} would be "
                        "uploaded; remove another upload, or start spikecam app with the folder "
                        "of the file, and open it from there"
                    )
                if not (is_recording(path) or is_picture(path) or is_sidecar):
                    raise FileError(
                        f"{path.name} is neither a recording nor a picture; drop a "
                        f"{suffixes_as_text()} file, the .json file that belongs to it, or a PNG "
                        "or JPEG picture"
                    )
                await event.file.save(path)
                if is_picture(path):
                    _check_picture(path)
                complete = True
            finally:
                if not complete:
                    path.unlink()
        if not complete:
            return
        if is_recording(path):
            await self._on_recording(path)
        elif is_sidecar:
            show_notice(f"{path.name} is used when {path.stem} is opened")
        else:
            self._on_picture(path)


def _call(method: WeakMethod[Callable[..., Any]], *arguments: object) -> Any:
    """Call a method of an object that may be gone."""
    bound = method()
    return None if bound is None else bound(*arguments)


def _check_picture(path: Path) -> None:
    """Refuse an uploaded file that is no picture, by its own name.

    Raises:
        FileError: it is none.
    """
    try:
        picture_size(path)
    except FileError as error:
        raise FileError(str(error).replace(str(path), path.name)) from error

"""The question which size the frames of a recording have, with a picture for each answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from nicegui import run, ui

from spikecam.app.frame_size import camera_geometry, list_camera_sizes_fitting_first
from spikecam.app.notices import errors_shown_as_notices, show_notice
from spikecam.app.picture_urls import size_preview_url
from spikecam.app.session import Session
from spikecam.app.text import legible_text
from spikecam.errors import OptionError, SpikecamError
from spikecam.io.geometry import read_sidecar

_NOT, _FILE, _FOLDER = "no", "file", "folder"
_MEMORY_TEXTS = {
    _NOT: "Only now",
    _FILE: "Remember it for this recording",
    _FOLDER: "Remember it for all recordings of this folder that it fits",
}
# Cards with previews come below each other on a narrow screen.
_DEFAULT_SIZE = (250, 400)
_TOPIC = "size"

Camera = str | tuple[int, int]


class SizeQuestion:
    """The question on the page, hidden at first.

    Args:
        session: of the page.
        on_answer: called with the recording, its camera's name or (height, width), and its rate in
            frames per second or None; the camera is None where the recording now says its size.
    """

    def __init__(
        self,
        session: Session,
        on_answer: Callable[[Path, Camera | None, float | None], Awaitable[None]],
    ) -> None:
        self._session, self._on_answer = session, on_answer
        self._column = ui.column().classes("w-full gap-3")

    def hide(self) -> None:
        """Hide the question: it was answered, or is not asked any more."""
        self._column.clear()

    def ask(self, path: Path) -> None:
        """Ask for the size of a recording.

        Raises:
            FileError: it cannot be read.
        """
        self._column.clear()
        with self._column, ui.card().classes("w-full gap-3"):
            ui.label(legible_text(f"Which size do the frames of {path.name} have?")).classes(
                "text-xl"
            )
            ui.label(
                "The file does not say it. With a wrong size the picture falls apart into stripes; "
                "choose the one that looks like something."
            )
            with ui.row().classes("w-full items-center gap-4"):
                self._memory = ui.radio(_MEMORY_TEXTS, value=_remembered(path)).props(
                    "inline dense"
                )
                self._rate = ui.number("Frames a second, where you know it", min=0)
                self._rate.classes("w-64")
            with ui.row().classes("gap-4"):
                for size in list_camera_sizes_fitting_first(path):
                    note = "" if size.divides_file else ": does not fit the file"
                    self._build_button(
                        path, size.camera, f"{size.width} x {size.height}", f"{size.camera}{note}"
                    )
            self._build_form(path)
            ui.button("Not now", on_click=self.hide).props("flat")
        self._column.run_method("scrollIntoView")

    def _build_button(self, path: Path, camera: str, size: str, caption: str) -> None:
        button = ui.button(on_click=partial(self._answer, path, camera))
        button.props("outline no-caps").classes("p-2")
        with button, ui.column().classes("items-center"):
            preview = ui.image(size_preview_url(self._session, path, camera)).classes("w-48 h-36")
            preview.props(f'no-spinner fit=contain alt="the picture at {size}"')
            ui.label(size).classes("font-bold")
            ui.label(caption).classes("text-xs")

    def _build_form(self, path: Path) -> None:
        with ui.row().classes("items-center gap-4"):
            stream = self._session.stream if self._session.path == path else None
            shape = _DEFAULT_SIZE if stream is None else (stream.height, stream.width)
            width = ui.number("Width", value=shape[1], min=1, precision=0)
            height = ui.number("Height", value=shape[0], min=1, precision=0)
            # Of a fixed size, so that what is below does not jump under the pointer.
            preview = ui.image().classes("w-64 h-48")
            preview.props('no-spinner fit=contain alt="the picture at this size"')
            fit = ui.label()

            def update_preview() -> None:
                size = _whole_number(height.value), _whole_number(width.value)
                if all(size):
                    preview.set_source(size_preview_url(self._session, path, size))
                    left_over = path.stat().st_size % ((size[0] * size[1] + 7) // 8)
                    fit.set_text(
                        f"{left_over} bytes are left over" if left_over else "it fits the file"
                    )

            async def use_size() -> None:
                size = _whole_number(height.value), _whole_number(width.value)
                with errors_shown_as_notices(_TOPIC):
                    if not all(size):
                        raise OptionError("width and height are whole numbers from 1 on")
                    await self._answer(path, size)

            width.on_value_change(update_preview)
            height.on_value_change(update_preview)
            update_preview()
            ui.button("Use this size", on_click=use_size)

    async def _answer(self, path: Path, camera: Camera) -> None:
        rate, memory = self._rate.value or None, self._memory.value
        with errors_shown_as_notices(_TOPIC):
            # Refuses what cannot be, before anything is written.
            stream = await run.io_bound(self._session.read_stream, path, camera, rate)
            if stream is None or memory == _NOT:
                await self._on_answer(path, camera, rate)
                return
            known = camera_geometry(camera)
            geometry = replace(known, rate=rate or known.rate)
            count = await run.io_bound(
                self._session.remember_size, path, geometry, whole_folder=memory == _FOLDER
            )
            show_notice(
                f"the size is in {path.name}.json beside it"
                if count == 1
                else f"the size is in the .json files of {count:,} recordings, beside them"
            )
            await self._on_answer(path, None, None)


def _remembered(path: Path) -> str:
    """What is offered first: to replace a sidecar file that is there, for it would come again."""
    try:
        return _NOT if read_sidecar(path) is None else _FILE
    except SpikecamError:
        return _NOT


def _whole_number(value: float | None) -> int:
    return int(value) if value is not None and value >= 1 else 0

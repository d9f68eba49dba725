"""The box that takes away what a view shows: a picture, a film, a command or a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nicegui import run, ui

from spikecam.app.export_job import ExportJob
from spikecam.app.frame_view import ViewSettings, viewable_frames
from spikecam.app.notices import errors_shown_as_notices, show_notice
from spikecam.app.progress_text import TimeLeft, describe_progress
from spikecam.app.session import Session
from spikecam.app.session_recording import recording_of_session
from spikecam.app.text import format_duration
from spikecam.app.view_export import FILM_ENDINGS, ViewExport
from spikecam.errors import OptionError, SpikecamError
from spikecam.io.output import DEFAULT_FPS

_TOPIC = "export"
_PROGRESS_SECONDS = 0.2
_FORMATS = {ending: ending.removeprefix(".").upper() for ending in FILM_ENDINGS}


class ViewFrame(NamedTuple):
    """What a view shows.

    Attributes:
        frame_index: the frame.
        settings: method, options and display mapping.
    """

    frame_index: int
    settings: ViewSettings


class ExportBox:
    """Controls that save what a view shows.

    Args:
        session: whose recording it is.
        view_frame: gives the frame that is shown, at the moment of a click.
    """

    def __init__(self, session: Session, view_frame: Callable[[], ViewFrame]) -> None:
        self._session, self._view_frame = session, view_frame
        self._job: ExportJob | None = None
        self._time_left = TimeLeft()
        self._timer = ui.timer(_PROGRESS_SECONDS, self._show_progress, active=False)
        with ui.column().classes("w-full gap-2"):
            with ui.row().classes("gap-2"):
                ui.button(
                    "Save this frame", icon="download", on_click=lambda: self._save_frame(".png")
                ).props("outline dense")
                ui.button("TIFF, 16 bits", on_click=lambda: self._save_frame(".tiff")).props(
                    "outline dense"
                )
            self._build_copy_buttons("frame", self._frame_export)
            with ui.expansion("Save a film", icon="movie").classes("w-full") as film:
                self._build_film_form()
            film.on_value_change(self._show_length)
            with ui.row().classes("w-full items-center gap-2 no-wrap") as self._progress:
                with ui.column().classes("grow gap-1"):
                    self._bar = ui.linear_progress(0, show_value=False)
                    self._bar.props('aria-label="Film"')
                    self._text = ui.label().classes("text-sm")
                ui.button("Cancel", on_click=self._cancel_job).props("flat dense")
            self._progress.visible = False

    def _build_film_form(self) -> None:
        with ui.row().classes("w-full no-wrap gap-2"):
            self._first = ui.number("From frame", min=0, precision=0)
            self._last = ui.number("to frame", min=0, precision=0)
            self._first.props('placeholder="first" stack-label')
            self._last.props('placeholder="last" stack-label')
        with ui.row().classes("w-full no-wrap gap-2"):
            self._step = ui.number("Every so many frames", value=1, min=1, precision=0)
            self._fps = ui.number("Pictures a second", value=DEFAULT_FPS, min=1)
        for control in (self._first, self._last, self._step, self._fps):
            control.classes("grow").props("dense").on_value_change(self._show_length)
        self._format = ui.toggle(_FORMATS, value=FILM_ENDINGS[0]).props('aria-label="Film as"')
        self._length = ui.label().classes("text-sm")
        self._save = ui.button("Save the film", icon="movie", on_click=self._save_film)
        self._save.props("outline dense")
        self._build_copy_buttons("film", self._film_export)

    def _build_copy_buttons(self, what: str, make_export: Callable[[], ViewExport]) -> None:
        with ui.row().classes("gap-2"):
            for label, text_of in (("command", ViewExport.command), ("Python", ViewExport.script)):

                def copy(text_of: Callable[[ViewExport], str] = text_of) -> None:
                    with errors_shown_as_notices(_TOPIC):
                        _show_copy(text_of(make_export()))

                button = ui.button(f"Copy as {label}", on_click=copy).props("flat dense no-caps")
                button.props["aria-label"] = f"Copy as {label}: the {what}"

    def _frame_export(self, ending: str = ".png") -> ViewExport:
        frame = self._view_frame()
        recording = recording_of_session(self._session)
        return ViewExport(recording, frame.settings, frame.frame_index, ending)

    def _film_export(self) -> ViewExport:
        frame, stream = self._view_frame(), self._session.stream
        recording = recording_of_session(self._session)
        assert stream is not None
        possible = viewable_frames(stream, frame.settings)
        first = possible[0] if self._first.value is None else int(self._first.value)
        last = possible[-1] if self._last.value is None else int(self._last.value)
        frames = range(first, last + 1, int(self._step.value or 1))
        if not frames or first not in possible or last not in possible:
            raise OptionError(
                f"a film goes from frame {possible[0]} at first to {possible[-1]} at last by "
                f"these options, not from {first} to {last}"
            )
        fps = float(self._fps.value or DEFAULT_FPS)
        return ViewExport(recording, frame.settings, frames, self._format.value, fps)

    def _show_length(self) -> None:
        try:
            export = self._film_export()
        except SpikecamError as error:
            self._length.set_text(str(error))
            return
        assert isinstance(export.frames, range)
        count = len(export.frames)
        self._length.set_text(f"{count:,} pictures, {format_duration(count, export.fps)}")

    async def _save_frame(self, ending: str) -> None:
        stream = self._session.stream
        with errors_shown_as_notices(_TOPIC):
            export = self._frame_export(ending)
            if stream is None:
                return
            job = self._session.exports.prepare(export, stream)
            try:
                is_whole = await run.io_bound(job.run)
            except SpikecamError:
                job.remove()
                raise
            if is_whole:
                # The browser fetches the file, which goes with the page.
                ui.download.file(job.path, job.path.name)

    async def _save_film(self) -> None:
        stream = self._session.stream
        with errors_shown_as_notices(_TOPIC):
            export = self._film_export()
            if stream is None:
                return
            # The file of the film before lay there for its download.
            self._remove_job()
            job = self._job = self._session.exports.prepare(export, stream)
            self._time_left = TimeLeft()
            self._set_running(True)
            try:
                is_whole = await run.io_bound(job.run)
            finally:
                # It may have been cancelled, and another one be under way.
                if job is self._job:
                    self._set_running(False)
            if is_whole and job is self._job:
                ui.download.file(job.path, job.path.name)

    def _set_running(self, running: bool) -> None:
        self._timer.active = self._progress.visible = running
        self._save.set_enabled(not running)
        self._show_progress()

    def _show_progress(self) -> None:
        job = self._job
        if job is None:
            return
        self._bar.set_value(job.finished_count / job.count)
        self._text.set_text(
            describe_progress(job.finished_count, job.count, self._time_left, "pictures")
        )

    def _cancel_job(self) -> None:
        # The picture at hand ends by itself.
        self._remove_job()
        self._job = None
        self._set_running(False)
        show_notice("the film was cancelled")

    def _remove_job(self) -> None:
        if self._job is not None:
            self._job.remove()


def _show_copy(text: str) -> None:
    """Copy a text, and show it: browsers copy only for pages of this machine, or by https."""
    ui.clipboard.write(text)
    with ui.dialog(value=True) as dialog, ui.card().classes("max-w-full"):
        ui.label("This makes the same file; it is in the clipboard.").classes("text-sm")
        ui.label(text).classes("font-mono text-sm whitespace-pre-wrap break-all copy-text")
        ui.button("Close", on_click=dialog.close).props("flat")
    dialog.on("hide", dialog.delete)

"""A second picture of the View tab: another method, or another recording, at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nicegui import run, ui

from spikecam.app.frame_view import ViewSettings
from spikecam.app.method_controls import MethodControls
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.pane import Pane
from spikecam.app.session import Session
from spikecam.app.text import legible_text, path_from_url_text, path_to_url_text
from spikecam.errors import SpikecamError
from spikecam.stream import SpikeStream

_SAME = ""


class SecondPicture:
    """A second picture on the page, with controls of its method and recording.

    Attributes:
        pane: the picture.
        controls: of its method.

    Args:
        session: whose recording is shown.
        settings: of the first picture, for the display of this one.
        places: the elements that hold the picture and its controls.
        on_display: called when another picture is shown.
        on_change: called when method or recording have changed.
    """

    def __init__(
        self,
        session: Session,
        settings: ViewSettings,
        places: tuple[ui.element, ui.element],
        on_display: Callable[[Pane], None],
        on_change: Callable[[], None],
    ) -> None:
        self._session, self._on_change = session, on_change
        self._name = _SAME
        # Changes with each choice, and where those before it no longer matter.
        self._choice_count = 0
        self._column = places[1]
        # Of the default method, which every recording that is open fits with a window of its own.
        settings = replace(settings, method=ViewSettings.method, options={})
        with places[0]:
            self.pane = Pane(session, settings, on_display, is_second=True)
        with self._column:
            self.controls = MethodControls(self.pane, "Method of the second picture", on_change)
            self._recording = ui.select(
                self._recordings(),
                value=_SAME,
                label="Recording of the second picture",
                with_input=True,
                on_change=lambda event: self.choose_recording(event.value),
            ).classes("w-full")
        self.show_recording()

    @property
    def recording(self) -> str | None:
        """Name of the other recording, as text of an address; None where it is the same."""
        return self._name or None

    def show_recording(self) -> None:
        """Show the recording that was opened, which is no longer compared with another."""
        self._choice_count += 1
        self._set_second(_SAME, None)
        recordings = self._recordings()
        self._recording.set_options(recordings, value=_SAME)
        self._recording.visible = len(recordings) > 1
        if self._session.stream is not None:
            self.controls.show_recording(self._session.stream)

    async def choose_recording(self, name: str | None) -> None:
        """Show another recording of the folder, by its name as text of an address."""
        name, session = name or _SAME, self._session
        self._choice_count += 1
        choice = self._choice_count
        if session.path is None or name == self._name:
            return
        path = session.path.parent / path_from_url_text(name)
        with self._column, errors_shown_as_notices("second recording"):
            second = None
            try:
                if name in self._recording.options and name != _SAME:
                    second = await run.io_bound(session.read_second_stream, path)
            except SpikecamError:
                if choice != self._choice_count:
                    return
                raise
            if choice != self._choice_count:
                # Another recording was opened or chosen meanwhile, or this picture was removed.
                return
            self._set_second(_SAME if second is None else name, second)
            if self.pane.stream is not None:
                self.controls.show_recording(self.pane.stream)
            self._on_change()
        if choice == self._choice_count:
            self._recording.set_value(self._name)
        # Keys are for the frames again.
        self._recording.run_method("blur")

    def delete(self) -> None:
        """Remove the picture and its controls from the page."""
        self._choice_count += 1
        self._session.set_second(None)
        self.pane.delete()
        self._column.clear()

    def _set_second(self, name: str, second: SpikeStream | None) -> None:
        self._name = name
        self._session.set_second(second)
        self.pane.recording_name = legible_text(path_from_url_text(name).name)

    def _recordings(self) -> dict[str, str]:
        """Names of recordings as texts of an address, and as the page shows them."""
        paths = self._session.list_recordings_beside()
        names = {path_to_url_text(path.relative_to(path.parent)): path.name for path in paths}
        return {_SAME: "the same", **{key: legible_text(name) for key, name in names.items()}}

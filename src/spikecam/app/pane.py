"""One picture of the View tab: the frame that is shown, by one method."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from nicegui import events, run, ui

from spikecam.app.frame_view import ViewSettings
from spikecam.app.picture_urls import frame_url
from spikecam.app.session import Session
from spikecam.errors import SpikecamError
from spikecam.picture import Picture
from spikecam.show.display import DisplayMapping
from spikecam.stream import SpikeStream

# Values of the picture are read so often.
_READ_SECONDS = 0.1


class DisplayedPicture(NamedTuple):
    """A picture that is shown.

    Attributes:
        picture: (H, W), before its display mapping.
        display: its display mapping.
    """

    picture: Picture
    display: DisplayMapping

    def format_value(self, x: int, y: int) -> str:
        """Format the value of a pixel and the gray that shows it; "" outside the picture."""
        height, width = self.picture.shape[:2]
        if not (0 <= x < width and 0 <= y < height):
            return ""
        value = self.picture[y, x]
        gray = round(255 * float(np.mean(self.display(value))))
        return f"{float(np.mean(value)):.4f}, gray {gray}"


class Pane:
    """One picture of the page.

    Attributes:
        settings: with which frames are reconstructed and displayed.
        displayed: the picture that is shown, once it is known.
        recording_name: name of the second recording, where that is shown.

    Args:
        session: whose recording is shown.
        settings: at first.
        on_display: called when another picture is shown.
        is_second: whether it shows the second recording, where one is open.
    """

    def __init__(
        self,
        session: Session,
        settings: ViewSettings,
        on_display: Callable[[Pane], None],
        *,
        is_second: bool = False,
    ) -> None:
        self._session, self._on_display, self._is_second = session, on_display, is_second
        self.settings = settings
        self.displayed: DisplayedPicture | None = None
        self.recording_name = ""
        self._url = ""
        # What is asked for, and whether its values are being read.
        self._frame_index, self._is_reading = 0, False
        with ui.element("div").classes("pane") as self._element:
            self._image = ui.interactive_image(events=[]).classes("frame")
            self._image.props('alt="the frame"')
            self._image.on("loaded", self._picture_loaded, args=["source"])
            # The event of the img inside does not bubble: it is caught on its way down.
            self._image.on(
                "error.capture", self._picture_failed, js_handler="(e) => emit(e.target.src)"
            )
            self._name = ui.label().classes("pane-name")
            self._busy = ui.spinner(size="3em").classes("busy")
        self._busy.visible = False

    @property
    def stream(self) -> SpikeStream | None:
        """The recording that is shown."""
        return self._session.second if self._shows_second else self._session.stream

    @property
    def _shows_second(self) -> bool:
        return self._is_second and self._session.second is not None

    @property
    def is_busy(self) -> bool:
        """Whether the picture that is asked for is not there yet."""
        return bool(self._busy.visible)

    def show(self, frame_index: int) -> None:
        """Show a frame with the present settings."""
        url = frame_url(self._session, frame_index, self.settings, is_second=self._shows_second)
        if url == self._url:
            return
        self._busy.visible = True
        self._url, self._frame_index = url, frame_index
        self._name.set_text(f"{self.recording_name} {self.settings.method}".strip())
        self._image.set_source(url)

    def forget_picture(self) -> None:
        """Forget what is displayed: another recording was opened."""
        self.displayed = None

    def set_marks(self, svg: str) -> None:
        """Set the marks over the picture, in its pixels."""
        self._image.set_content(svg)

    def delete(self) -> None:
        """Remove the picture from the page."""
        self._element.delete()

    def _picture_failed(self, event: events.GenericEventArguments) -> None:
        """Wait no longer for a picture that the browser could not load."""
        if str(event.args).endswith(self._url):
            self._busy.visible = False
            self.displayed = None
            self._on_display(self)

    async def _picture_loaded(self, event: events.GenericEventArguments) -> None:
        # One that was asked for before may come late.
        if not str(event.args["source"]).endswith(self._url):
            return
        self._busy.visible = False
        if self._is_reading:
            # Whoever reads goes on with this one.
            return
        self._is_reading = True
        try:
            url = ""
            while url != self._url and not self._element.is_deleted:
                url = self._url
                await self._read_values()
                # While it plays, most pictures are gone before anyone could read their values.
                await asyncio.sleep(_READ_SECONDS)
        finally:
            self._is_reading = False

    async def _read_values(self) -> None:
        stream, settings = self.stream, self.settings
        if stream is None:
            return
        frame_index = self._frame_index

        def read() -> DisplayedPicture:
            picture = self._session.pictures.reconstruct(stream, frame_index, settings)
            return DisplayedPicture(picture, settings.display_mapping(picture))

        try:
            displayed = await run.io_bound(read)
        except SpikecamError:
            # The picture says it in its place.
            displayed = None
        if stream is not self.stream:
            # Another recording was opened meanwhile.
            return
        self.displayed = displayed
        if not self._element.is_deleted:
            self._on_display(self)

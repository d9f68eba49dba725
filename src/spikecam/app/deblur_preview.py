"""What a sequence will be made of: the blurry picture, the exposure, and TFP of the spikes."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from spikecam.app.frame_view import default_view_settings
from spikecam.app.picture_urls import candidate_picture_url, frame_url
from spikecam.app.session import Session
from spikecam.stream import Span

# Height of the pictures in percent of the window.
_PICTURE_HEIGHT_VH = 45


class DeblurPreview:
    """The preview on the page.

    Args:
        session: whose recording it is.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        with ui.column().classes("grow min-w-0 gap-2 max-md:w-full") as self._column:
            with ui.row().classes("w-full gap-4 no-wrap max-md:flex-wrap"):
                self._blur = self._build_picture("the blurry picture")
                self._spikes = self._build_picture("the spikes")
            self._text = ui.label().classes("text-sm")
            with ui.element("div").classes("exposure-track w-full") as self._track:
                self._bar = ui.element("div").classes("exposure-bar")
        self.hide()

    def _build_picture(self, alt: str) -> tuple[ui.column, ui.element, ui.label]:
        with ui.column().classes("gap-1 grow basis-0 min-w-0") as column:
            image = ui.element("img").props(f'alt="{alt}"').classes("w-full")
            image.style(f"max-height: {_PICTURE_HEIGHT_VH}vh; object-fit: contain")
            label = ui.label().classes("text-sm opacity-70")
        return column, image, label

    def hide(self) -> None:
        """Hide the preview."""
        self._column.visible = False

    def show(self, blur: Path | None, exposure: Span | None) -> None:
        """Show the preview.

        Args:
            blur: one of the pictures for the recording; None of spikes alone.
            exposure: frames (start, stop); None where it will be estimated.
        """
        stream = self._session.stream
        if stream is None:
            return
        self._column.visible = True
        column, image, label = self._blur
        column.visible = blur is not None
        if blur is not None:
            image.props["src"] = candidate_picture_url(self._session, blur)
            label.set_text("Blurry picture")
        start, stop = exposure or (0, len(stream))
        frame_index = min(max((start + stop) // 2, 0), len(stream) - 1)
        _, image, label = self._spikes
        settings = default_view_settings(stream, frame_index)
        image.props["src"] = frame_url(self._session, frame_index, settings)
        label.set_text(f"TFP of frame {frame_index}")
        self._track.visible = exposure is not None
        if exposure is None:
            self._text.set_text("The exposure will be estimated from picture and spikes.")
            return
        self._text.set_text(f"Exposure {start}:{stop} of {len(stream)} frames")
        left, width = 100 * start / len(stream), 100 * (stop - start) / len(stream)
        self._bar.style(f"margin-left: {left:.2f}%; width: {width:.2f}%")

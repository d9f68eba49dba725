"""The spikes of one pixel on the page: which it is, its rate, and a plot."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from spikecam.app.marks import draw_marks
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.pixel_trace import trace_pixel
from spikecam.app.session import Session
from spikecam.app.spike_plot import make_spike_plot_options

_HINT = "Click on the picture, or type x and y, to see the spikes of a pixel."


class PixelPanel:
    """The spikes of the pixel that is chosen.

    Attributes:
        pixel: (x, y); None where none is chosen.

    Args:
        session: whose recording is shown.
        on_change: called when another pixel is chosen.
    """

    def __init__(self, session: Session, on_change: Callable[[], None]) -> None:
        self._session, self._on_change = session, on_change
        self.pixel: tuple[int, int] | None = None
        with ui.row().classes("w-full items-center gap-4"):
            self._text = ui.label(_HINT).classes("text-sm")
            self._x, self._y = (
                ui.number(name, min=0, precision=0, on_change=self._choose_typed_pixel)
                .props(f'dense debounce=300 aria-label="Pixel {name}"')
                .classes("w-20")
                for name in ("x", "y")
            )
        self._plot = ui.echart(make_spike_plot_options(None, 0)).classes("w-full h-48")
        self._plot.visible = False

    @property
    def marks(self) -> str:
        """SVG that marks the pixel on the picture."""
        if self.pixel is None:
            return ""
        x, y = self.pixel
        shapes = (
            f'circle cx="{x + 0.5}" cy="{y + 0.5}" r="3"',
            f'rect x="{x}" y="{y}" width="1" height="1"',
        )
        return draw_marks(shapes, "#ff4040")

    def choose(self, pixel: tuple[int, int] | None) -> None:
        """Choose a pixel (x, y) of the recording, or none; one outside it is none."""
        stream = self._session.stream
        if stream is None or (
            pixel is not None and not (pixel[0] < stream.width and pixel[1] < stream.height)
        ):
            pixel = None
        self.pixel = pixel
        # With the pixel, the fields change nothing.
        self._x.set_value(None if pixel is None else pixel[0])
        self._y.set_value(None if pixel is None else pixel[1])
        if pixel is None:
            self._text.set_text(_HINT)
            self._plot.visible = False
        self._on_change()

    def show(self, frame_index: int) -> None:
        """Show the spikes of the pixel around a frame."""
        if self.pixel is None or self._session.stream is None:
            return
        with errors_shown_as_notices("pixel"):
            x, y = self.pixel
            trace = trace_pixel(self._session.stream, x, y, frame_index)
            self._text.set_text(
                f"Pixel {x}, {y}: {len(trace.spike_frames)} spikes in frames {trace.start} to "
                f"{trace.stop - 1}, a rate of {trace.rate:.3f}"
            )
            self._plot.visible = True
            self._plot.options.clear()
            self._plot.options.update(make_spike_plot_options(trace, frame_index))
            self._plot.update()

    def _choose_typed_pixel(self) -> None:
        x, y, stream = self._x.value, self._y.value, self._session.stream
        if x is None and y is None and self.pixel is not None:
            self.choose(None)
        if x is None or y is None or stream is None:
            return
        pixel = min(max(int(x), 0), stream.width - 1), min(max(int(y), 0), stream.height - 1)
        if pixel != self.pixel:
            self.choose(pixel)

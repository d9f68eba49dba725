"""A region of the picture on the page: its values, its rate over time, and its spikes as CSV."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from nicegui import run, ui

from spikecam.app.marks import draw_marks
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.pane import DisplayedPicture
from spikecam.app.region import Region, RegionTrace, trace_region, write_spikes_as_csv
from spikecam.app.session import Session
from spikecam.app.spike_plot import make_rate_plot_options
from spikecam.app.text import legible_text
from spikecam.stream import Span, SpikeStream

# While it plays, the plot follows so often.
_PLOT_SECONDS = 0.2


class RegionPanel:
    """What is known of the region that is chosen, hidden while there is none.

    Attributes:
        region: the region; None where none is chosen.

    Args:
        session: whose recording is shown.
        on_change: called when another region is chosen.
        on_zoom: takes the region to zoom to.
        on_save: saves the crop of the picture to the region.
        played_frames: gives the frames (start, stop) whose spikes are saved.
    """

    def __init__(
        self,
        session: Session,
        on_change: Callable[[], None],
        on_zoom: Callable[[Region], None],
        on_save: Callable[[Region], Awaitable[None]],
        played_frames: Callable[[], Span],
    ) -> None:
        self._session, self._on_change = session, on_change
        self._on_zoom, self._on_save, self._played_frames = on_zoom, on_save, played_frames
        self.region: Region | None = None
        self._csv: Path | None = None
        self._is_plotting, self._frame_index = False, 0
        self._last: tuple[SpikeStream, Region, int, RegionTrace] | None = None
        with ui.column().classes("w-full gap-1") as self._column:
            with ui.row().classes("w-full items-center gap-2"):
                self._text = ui.label().classes("text-sm grow")
                for label, action in (
                    ("Zoom to it", self._zoom),
                    ("Save crop", self._save_crop),
                    ("Spikes as CSV", self._save_spikes),
                    ("Remove", lambda: self.choose(None)),
                ):
                    ui.button(label, on_click=action).props("outline dense")
            self._plot = ui.echart(make_rate_plot_options(None, 0, None)).classes("w-full h-48")
        self._column.visible = False

    @property
    def marks(self) -> str:
        """SVG that marks the region on the picture."""
        if self.region is None:
            return ""
        region = self.region
        shape = (
            f'rect x="{region.left}" y="{region.top}" width="{region.width}" '
            f'height="{region.height}"'
        )
        return draw_marks([shape], "#ffd23f")

    def choose(self, region: Region | None) -> None:
        """Choose a region of the recording, or none; one outside it is none."""
        stream = self._session.stream
        if region is not None and (stream is None or not region.fits(stream)):
            region = None
        self.region = region
        self._column.visible = region is not None
        self._on_change()

    def show_values(self, pictures: Sequence[tuple[str, DisplayedPicture]]) -> None:
        """Show the values of the region in pictures, each with the name of its method."""
        region = self.region
        if region is None:
            return
        parts = [f"Region {region.width} x {region.height} at {region.left}, {region.top}"]
        for name, displayed in pictures:
            values = region.crop(displayed.picture)
            parts.append(f"{name}: mean {values.mean():.4f}, spread {values.std():.4f}")
        self._text.set_text("; ".join(parts))

    async def show_rate(self, frame_index: int) -> None:
        """Plot the rate around a frame; while it is plotted, later frames wait for their turn."""
        self._frame_index = frame_index
        if self._is_plotting:
            return
        self._is_plotting, plotted = True, None
        try:
            while plotted != (self.region, self._frame_index):
                region, stream = self.region, self._session.stream
                plotted = region, self._frame_index
                if region is None or stream is None or self._column.is_deleted:
                    return
                with self._column, errors_shown_as_notices("region"):
                    trace = await self._trace_region(stream, region, plotted[1])
                    self._plot.options.clear()
                    self._plot.options.update(
                        make_rate_plot_options(trace, plotted[1], stream.rate)
                    )
                    self._plot.update()
                await asyncio.sleep(_PLOT_SECONDS)
        finally:
            self._is_plotting = False

    async def _trace_region(
        self, stream: SpikeStream, region: Region, frame_index: int
    ) -> RegionTrace | None:
        """The trace of a region; the last one where it still is around the frame."""
        if self._last is not None:
            last_stream, last_region, last_frame, trace = self._last
            is_near = abs(frame_index - last_frame) <= len(trace.rates) // 4
            if (last_stream, last_region) == (stream, region) and (
                is_near or len(trace.rates) == len(stream)
            ):
                return trace
        new = await run.io_bound(trace_region, stream, region, frame_index)
        self._last = None if new is None else (stream, region, frame_index, new)
        return new

    def _zoom(self) -> None:
        if self.region is not None:
            self._on_zoom(self.region)

    async def _save_crop(self) -> None:
        if self.region is not None:
            await self._on_save(self.region)

    async def _save_spikes(self) -> None:
        region, stream, path = self.region, self._session.stream, self._session.path
        if region is None or stream is None or path is None:
            return
        frames = self._played_frames()
        with errors_shown_as_notices("spikes"):
            name = f"{path.stem}-{frames[0]:06d}-{frames[1] - 1:06d}-spikes.csv"
            file = self._session.exports.next_folder() / legible_text(name)
            await run.io_bound(write_spikes_as_csv, file, stream, region, frames)
            # Not there where the app is being closed.
            if file.exists():
                if self._csv is not None:
                    shutil.rmtree(self._csv.parent, ignore_errors=True)
                self._csv = file
                # The browser fetches the file, which stays until the next one is there.
                ui.download.file(file, file.name)

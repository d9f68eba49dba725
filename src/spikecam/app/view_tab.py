"""Tab in which a recording is viewed: its pictures, their time and display, pixels and regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nicegui import background_tasks, run, ui

from spikecam.app.display_controls import DisplayControls
from spikecam.app.export_box import ExportBox, ViewFrame
from spikecam.app.frame_view import ViewSettings, viewable_frames
from spikecam.app.method_controls import MethodControls, viewing_methods
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.page_address import PageAddress
from spikecam.app.pane import Pane
from spikecam.app.picture_stage import PictureStage
from spikecam.app.pixel_panel import PixelPanel
from spikecam.app.png import encode_png
from spikecam.app.pressed_button import mark_pressed
from spikecam.app.region import Region
from spikecam.app.region_panel import RegionPanel
from spikecam.app.second_picture import SecondPicture
from spikecam.app.session import Session
from spikecam.app.text import format_duration, legible_text
from spikecam.app.time_controls import TimeControls
from spikecam.errors import RangeError
from spikecam.show.colour_map_names import COLOUR_MAPS, GRAY
from spikecam.stream import Span, SpikeStream

_HELP = (
    "Keys: ← → one step, with Shift ten; Home, End; Space plays, R in reverse; I and O set where "
    "from and to; + and - zoom, 0 fits, 1 is 1:1, F fills the screen. The wheel zooms, a drag "
    "moves, a double click zooms in and out, a drag with Ctrl chooses a region."
)
_SIDE_BY_SIDE, _WITH_CUT = "beside", "over"
_PERCENTILES = ViewSettings.low, ViewSettings.high
# The method of the second picture, where the first has another.
_SECOND_METHODS = ("tfi", "tfp")


class ViewTab:
    """The tab of the page in which a recording is viewed.

    Args:
        session: what is viewed.
        is_visible: whether the tab is shown; it takes keys only then.
        on_change_size: called where another size of the frames is to be chosen.
    """

    def __init__(
        self,
        session: Session,
        is_visible: Callable[[], bool],
        on_change_size: Callable[[], None],
    ) -> None:
        self.session, self._on_change_size = session, on_change_size
        self._second: SecondPicture | None = None
        self._hovered: tuple[int, int] | None = None
        with ui.row().classes("w-full gap-6 items-start no-wrap max-md:flex-wrap"):
            with ui.column().classes("grow min-w-0 gap-1 max-md:w-full"):
                with ui.column().classes("viewer w-full gap-1"):
                    self._build_viewer(is_visible)
                self._pixel = PixelPanel(session, self._show_choices)
                self._region = RegionPanel(
                    session,
                    self._show_choices,
                    self._stage.show_region,
                    self._save_crop,
                    self._played_frames,
                )
            with ui.column().classes("w-72 shrink-0 gap-2 max-md:w-full"):
                self._build_controls()

    @property
    def settings(self) -> ViewSettings:
        """The settings of the first picture."""
        return self._first.settings

    @property
    def frame_index(self) -> int:
        """The frame that is shown."""
        return self._time.frame_index

    @property
    def _panes(self) -> list[Pane]:
        return [self._first] if self._second is None else [self._first, self._second.pane]

    def _build_viewer(self, is_visible: Callable[[], bool]) -> None:
        """Build what fills the screen where it is to: pictures, and the controls of their time."""
        self._stage = PictureStage(
            lambda x, y: self._pixel.choose((x, y)),
            lambda region: self._region.choose(region),
            self._show_value,
        )
        with self._stage.panes:
            self._first = Pane(self.session, ViewSettings(), self._show_picture_values)
        with ui.row().classes("w-full items-center gap-1"):
            self._stage.build_buttons()
            self._build_comparison()
            # It takes no place of its own: nothing moves where it changes.
            self._value = ui.label().classes("text-sm grow basis-0 min-w-0 truncate text-right")
        self._time = TimeControls(
            self._show_frame,
            lambda: is_visible() and self.session.stream is not None,
            lambda: any(pane.is_busy for pane in self._panes),
        )

    def _build_comparison(self) -> None:
        self._compare = ui.button(icon="compare", on_click=self._toggle_comparison)
        self._compare.props('flat dense aria-label="Compare" aria-pressed=false')
        with self._compare:
            ui.tooltip("Compare with another method")
        self._layout = ui.toggle(
            {_SIDE_BY_SIDE: "Side by side", _WITH_CUT: "Cut"},
            value=_SIDE_BY_SIDE,
            on_change=self._set_layout,
        ).props("dense no-caps")
        self._layout.visible = False

    def _build_controls(self) -> None:
        self._facts = ui.label().classes("text-sm whitespace-pre-line break-all")
        self._size_button = ui.button(
            "Change size", icon="aspect_ratio", on_click=self._on_change_size
        ).props("outline dense")
        self._controls = MethodControls(self._first, "Method", self._update_frames)
        self._second_column = ui.column().classes("w-full gap-2")
        self._display = DisplayControls(self._change_display)
        ExportBox(self.session, lambda: ViewFrame(self.frame_index, self.settings))
        ui.label(_HELP).classes("text-xs opacity-70")

    def show_recording(self) -> None:
        """Show the recording that was opened, at its middle."""
        stream = self.session.stream
        if stream is None or self.session.path is None:
            return
        for pane in self._panes:
            pane.forget_picture()
        self._display.forget_picture()
        self._facts.set_text(_facts(self.session.path.name, stream))
        self._size_button.visible = self.session.can_change_size
        self._stage.set_size(stream.width, stream.height)
        self._stage.set_zoom(None)
        self._time.show_recording(len(stream), stream.rate)
        self._controls.show_recording(stream)
        if self._second is not None:
            self._second.show_recording()
        self._display.set_fixed_range(None)
        self._pixel.choose(None)
        self._region.choose(None)
        self._update_frames()

    def show_address(self, address: PageAddress) -> None:
        """Show what an address says of the picture, as far as it fits the recording."""
        self._controls.show_method(address.method, address.window)
        if address.frame is not None:
            self._time.go_to(address.frame)
        self._stage.set_zoom(address.zoom)
        self._time.set_played_frames(address.in_frame, address.out_frame)
        self._display.show_settings(_display_settings(address))
        compare = address.compare if address.compare in viewing_methods() else None
        self._set_comparison(compare)
        if self._second is not None:
            background_tasks.create(self._second.choose_recording(address.second))
        self._layout.set_value(_SIDE_BY_SIDE if address.cut is None else _WITH_CUT)
        if address.cut is not None:
            self._stage.set_cut(address.cut)
        self._pixel.choose(address.pixel)
        self._region.choose(address.region)

    def describe(self, address: PageAddress) -> PageAddress:
        """An address with what is shown of the picture."""
        settings = self.settings
        percentiles = settings.low, settings.high
        has_cut = self._second is not None and self._layout.value == _WITH_CUT
        return replace(
            address,
            frame=self.frame_index,
            method=settings.method,
            window=settings.options.get("window"),
            zoom=self._stage.zoom,
            pixel=self._pixel.pixel,
            region=self._region.region,
            colours=None if settings.colours == GRAY else settings.colours,
            levels=settings.fixed_range,
            percentiles=None if percentiles == _PERCENTILES else percentiles,
            gamma=None if settings.gamma == ViewSettings.gamma else settings.gamma,
            in_frame=self._time.in_frame,
            out_frame=self._time.out_frame,
            compare=None if self._second is None else self._second.pane.settings.method,
            second=None if self._second is None else self._second.recording,
            cut=self._stage.cut if has_cut else None,
        )

    def _update_frames(self) -> None:
        """Update the frames that can be viewed, and show one of them."""
        stream = self.session.stream
        if stream is None:
            return
        with errors_shown_as_notices():
            ranges = [viewable_frames(pane.stream or stream, pane.settings) for pane in self._panes]
            if max(r[0] for r in ranges) > min(r[-1] for r in ranges):
                raise RangeError("both pictures have no frame in common; choose smaller windows")
            frames = range(max(r[0] for r in ranges), min(r[-1] for r in ranges) + 1)
            self._time.set_frames(frames)

    def _show_frame(self) -> None:
        for pane in self._panes:
            pane.show(self.frame_index)
        self._pixel.show(self.frame_index)
        if self._region.region is not None:
            background_tasks.create(self._region.show_rate(self.frame_index))

    def _show_choices(self) -> None:
        """Show the pixel and the region that are chosen."""
        for pane in self._panes:
            pane.set_marks(self._region.marks + self._pixel.marks)
        self._pixel.show(self.frame_index)
        self._show_region_values()
        if self._region.region is not None:
            background_tasks.create(self._region.show_rate(self.frame_index))

    def _show_picture_values(self, pane: Pane) -> None:
        """Show what belongs to a picture that is shown from now on."""
        if pane is self._first and pane.displayed is not None:
            self._display.show_picture(pane.displayed)
        self._show_value(self._hovered)
        self._show_region_values()

    def _show_region_values(self) -> None:
        self._region.show_values(
            [
                (pane.settings.method, pane.displayed)
                for pane in self._panes
                if pane.displayed is not None
            ]
        )

    def _show_value(self, pixel: tuple[int, int] | None) -> None:
        """Show the values of the pixel below the mouse."""
        self._hovered = pixel
        if pixel is None:
            self._value.set_text("")
            return
        values = [
            f"{pane.settings.method} {pane.displayed.format_value(*pixel)}"
            for pane in self._panes
            if pane.displayed is not None
        ]
        self._value.set_text("; ".join([f"x {pixel[0]}, y {pixel[1]}", *values]))

    def _change_display(self, **changes: Any) -> None:
        """Change how all pictures are displayed."""
        with errors_shown_as_notices("display"):
            settings = [replace(pane.settings, **changes) for pane in self._panes]
            for pane, new in zip(self._panes, settings, strict=True):
                pane.settings = new
                if self.session.stream is not None:
                    pane.show(self.frame_index)

    def _toggle_comparison(self) -> None:
        method = next(name for name in _SECOND_METHODS if name != self.settings.method)
        self._set_comparison(None if self._second is not None else method)

    def _set_comparison(self, method: str | None) -> None:
        """Show a second picture by a method, or none."""
        if self._second is not None and method is None:
            self._second.delete()
            self._second = None
        elif method is not None:
            if self._second is None:
                self._second = SecondPicture(
                    self.session,
                    self.settings,
                    (self._stage.panes, self._second_column),
                    self._show_picture_values,
                    self._update_frames,
                )
                self._second.pane.set_marks(self._region.marks + self._pixel.marks)
            self._second.controls.show_method(method, None)
        is_comparing = self._second is not None
        self._layout.visible = is_comparing
        mark_pressed(self._compare, is_comparing)
        self._set_layout()
        self._update_frames()

    def _set_layout(self) -> None:
        over = self._layout.value == _WITH_CUT
        self._stage.set_layout("single" if self._second is None else "over" if over else "beside")

    def _played_frames(self) -> Span:
        """The frames (start, stop) from In to Out, or all."""
        stream = self.session.stream
        return self._time.marked_frames(0 if stream is None else len(stream))

    async def _save_crop(self, region: Region) -> None:
        stream, path, settings = self.session.stream, self.session.path, self.settings
        if stream is None or path is None:
            return
        frame_index = self.frame_index

        def render() -> bytes:
            picture = self.session.pictures.reconstruct(stream, frame_index, settings)
            return encode_png(region.crop(settings.render(picture)))

        with errors_shown_as_notices():
            png = await run.io_bound(render)
            name = f"{path.stem}-{frame_index:06d}-{settings.method}-crop.png"
            if png is not None:
                ui.download.content(png, legible_text(name))


def _display_settings(address: PageAddress) -> ViewSettings:
    """The display that an address says, with defaults for what it does not say."""
    low, high = address.percentiles or _PERCENTILES
    return ViewSettings(
        low=low,
        high=high,
        gamma=ViewSettings.gamma if address.gamma is None else address.gamma,
        fixed_range=address.levels,
        colours=address.colours if address.colours in COLOUR_MAPS else GRAY,
    )


def _facts(name: str, stream: SpikeStream) -> str:
    rate = "of unknown rate" if stream.rate is None else f"at {stream.rate:g} Hz"
    duration = format_duration(len(stream), stream.rate)
    exposure = stream.exposure
    return legible_text(
        f"{name}\n{stream.width} x {stream.height} pixels\n"
        f"{len(stream):,} frames {rate}{f', {duration}' if duration else ''}"
        + (f"\nexposure {exposure[0]}:{exposure[1]}" if exposure else "")
    )

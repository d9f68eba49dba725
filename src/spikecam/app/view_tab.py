"""Tab in which a recording is viewed: time, method, display mapping, and one pixel's spikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nicegui import events, run, ui

from spikecam.app.export_box import ExportBox, ViewFrame
from spikecam.app.frame_view import (
    ViewSettings,
    reconstruct_frame,
    viewable_frames,
    window_options_that_fit,
)
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.option_controls import OptionControls
from spikecam.app.page_style import RANGE_PROPS
from spikecam.app.picture_urls import frame_url
from spikecam.app.pixel_trace import trace_pixel
from spikecam.app.play_button import PlayButton
from spikecam.app.session import Session
from spikecam.app.spike_plot import make_spike_plot_options
from spikecam.app.text import format_duration, legible_text
from spikecam.errors import SpikecamError
from spikecam.method import Method, Takes, all_methods
from spikecam.stream import SpikeStream

_PIXEL_HINT = "Click on the picture to see the spikes of a pixel."
# Height of the picture in percent of the window, so that all of it is visible.
_PICTURE_HEIGHT_VH = 70
# Arrow keys go this many times as far with Shift.
_SHIFT_FACTOR = 10


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
        self.session, self._is_visible = session, is_visible
        self._on_change_size = on_change_size
        self.settings = ViewSettings()
        self._methods = {
            method.name: method for method in all_methods(Takes.SPIKES) if method.has_weights
        }
        self.frame_index, self._frames = 0, range(1)
        self._pixel: tuple[int, int] | None = None
        self._picture_url = ""
        ui.keyboard(on_key=self._handle_key)
        with ui.row().classes("w-full gap-6 items-start no-wrap max-md:flex-wrap"):
            with ui.column().classes("grow min-w-0 gap-2 max-md:w-full"):
                self._image = (
                    ui.interactive_image(on_mouse=self._choose_pixel)
                    .classes("w-full frame")
                    .props('alt="the frame"')
                )
                self._image.on("loaded", self._picture_loaded, args=["source"])
                # The picture within it has no text of its own.
                self._image.on(
                    "loaded",
                    js_handler=f"() => {{ getHtmlElement({self._image.id})"
                    ".querySelector('img').alt = 'the frame'; }",
                )
                with self._image:
                    self._busy = ui.spinner(size="3em").classes("absolute top-2 right-2 busy")
                self._busy.visible = False
                with ui.row().classes("w-full items-center gap-3 no-wrap"):
                    self._play_button = PlayButton("Play", self._play_step, is_visible)
                    self._slider = ui.slider(min=0, max=1, on_change=self._choose_frame)
                    # Not focused: arrow keys are for the whole tab, and go by the chosen step.
                    self._slider.classes("grow").props('aria-label="Frame" tabindex=-1')
                with ui.row().classes("w-full items-center gap-4"):
                    self._position = ui.label().classes("text-sm grow")
                    self._go_to = ui.number("Go to frame", min=0, precision=0).classes("w-32")
                    self._go_to.props("dense").on("keydown.enter", self._go_to_frame)
                    self._go_to.on("blur", self._go_to_frame)
            with ui.column().classes("w-72 shrink-0 gap-3 max-md:w-full"):
                self._build_controls()
        with ui.column().classes("w-full gap-1"):
            self._pixel_text = ui.label(_PIXEL_HINT).classes("text-sm opacity-70")
            self._plot = ui.echart(make_spike_plot_options(None, 0)).classes("w-full h-56")
            self._plot.visible = False

    def _build_controls(self) -> None:
        self._facts = ui.label().classes("text-sm whitespace-pre-line break-all")
        self._size_button = ui.button(
            "Change size", icon="aspect_ratio", on_click=self._on_change_size
        ).props("outline dense")
        self._method = ui.select(
            {name: f"{name}: {method.summary}" for name, method in self._methods.items()},
            value=self.settings.method,
            label="Method",
            on_change=lambda event: self._choose_method(event.value),
        ).classes("w-full")
        self._options = OptionControls(self._change_option)
        self._options.show_method(self._methods[self.settings.method])
        # The values stand below the sliders, and need room there.
        ui.label("Black and white, percentiles").classes("text-sm")
        self._percentiles = ui.range(min=0, max=100, step=0.5, value={"min": 1, "max": 99})
        self._percentiles.props(RANGE_PROPS)
        self._percentiles.on_value_change(
            lambda event: self._change_settings(low=event.value["min"], high=event.value["max"])
        ).props(
            'label label-always switch-label-side aria-label="Black and white, percentiles"'
        ).classes("mb-6")
        ui.label("Gamma").classes("text-sm")
        ui.slider(
            min=0.5,
            max=3,
            step=0.1,
            value=1,
            on_change=lambda event: self._change_settings(gamma=event.value),
        ).props('label label-always switch-label-side aria-label="Gamma"').classes("mb-6")
        self._hold = ui.switch("Hold black and white", on_change=self._hold_display)
        self._step = ui.number("Frames from one picture to the next", value=1, min=1, precision=0)
        self._step.classes("w-full")
        ExportBox(self.session, lambda: ViewFrame(self.frame_index, self.settings))
        ui.label("Keys: ← → one step, with Shift ten; Home, End; Space plays.").classes(
            "text-xs opacity-70"
        )

    def show_recording(self) -> None:
        """Show the recording that was opened, at its middle."""
        stream = self.session.stream
        if stream is None or self.session.path is None:
            return
        method = self._methods[self.settings.method]
        if not _method_fits(stream, method):
            method = self._methods[ViewSettings.method]
        self._pixel, self._plot.visible = None, False
        self._play_button.stop()
        self._pixel_text.set_text(_PIXEL_HINT)
        self._image.set_content("")
        options = window_options_that_fit(method, stream)
        self.settings = replace(
            self.settings, method=method.name, options=options, fixed_range=None
        )
        self._method.set_value(method.name)
        self._options.show_method(method, options)
        self._hold.set_value(False)
        self._facts.set_text(_facts(self.session.path.name, stream))
        self._size_button.visible = self.session.can_change_size
        width_vh = _PICTURE_HEIGHT_VH * stream.width / stream.height
        self._image.style(f"max-width: {width_vh:.0f}vh")
        self.frame_index = len(stream) // 2
        self._update_frame_slider()

    def show_frame(self, frame_index: int | None, method: str | None, window: int | None) -> None:
        """Show a frame by a method, as far as they fit the recording.

        Args:
            frame_index: the frame; None for the present one.
            method: name of the method; None for the present one.
            window: of the method; None for its default.
        """
        if method in self._methods:
            self._method.set_value(method)
        if window is not None and "window" in self._methods[self.settings.method].option_names:
            options = {**self.settings.options, "window": window}
            self._change_settings(options=options)
            self._options.show_method(self._methods[self.settings.method], self.settings.options)
        if frame_index is not None:
            self._slider.set_value(self._nearest_frame(frame_index))

    def _update_frame_slider(self) -> None:
        """Update the slider to the frames that can be viewed, and show one of them."""
        if self.session.stream is None:
            return
        with errors_shown_as_notices():
            self._frames = viewable_frames(self.session.stream, self.settings)
            first, last = self._frames[0], self._frames[-1]
            self._slider.props(f":min={first} :max={last}")
            self.frame_index = min(max(self.frame_index, first), last)
            self._slider.set_value(self.frame_index)
            self._show_frame()

    def _show_frame(self) -> None:
        stream = self.session.stream
        if stream is None:
            return
        url = frame_url(self.session, self.frame_index, self.settings)
        self._busy.visible = self._busy.visible or url != self._picture_url
        self._picture_url = url
        self._image.set_source(url)
        time = format_duration(self.frame_index, stream.rate)
        self._position.set_text(
            f"frame {self.frame_index}" + (f", {time} after the first" if time else "")
        )
        self._show_pixel()

    def _change_settings(self, **changes: Any) -> None:
        """Change the settings, and show the frame with them."""
        with errors_shown_as_notices():
            settings = replace(self.settings, **changes)
            if settings == self.settings or self.session.stream is None:
                return
            viewable_frames(self.session.stream, settings)
            self.settings = settings
            self._percentiles.set_enabled(settings.fixed_range is None)
            self._update_frame_slider()

    def _change_option(self, name: str) -> None:
        stream = self.session.stream
        if stream is None:
            return
        options = self._options.changed_values()
        try:
            viewable_frames(stream, replace(self.settings, options=options))
        except SpikecamError as error:
            self._options.set_error(name, str(error))
            return
        self._options.set_error(name, None)
        self._change_settings(options=options)

    def _choose_method(self, name: str) -> None:
        """Switch to another method, with its default options."""
        if name == self.settings.method:
            return
        stream, method = self.session.stream, self._methods[name]
        with errors_shown_as_notices():
            options: dict[str, Any] = {}
            if stream is not None:
                options = window_options_that_fit(method, stream)
                viewable_frames(stream, ViewSettings(name, options))
            self._options.show_method(method, options)
            self._change_settings(method=name, options=options)
        # Back to the present method where the other one cannot show this recording.
        self._method.set_value(self.settings.method)
        # Keys are for the frames again.
        self._method.run_method("blur")

    async def _hold_display(self, event: events.ValueChangeEventArguments[bool | None]) -> None:
        fixed_range = None
        if event.value and self.session.stream is not None:
            with errors_shown_as_notices():
                picture = await run.io_bound(
                    reconstruct_frame, self.session.stream, self.frame_index, self.settings
                )
                if picture is not None:
                    display = self.settings.display_mapping(picture)
                    fixed_range = (display.black, display.white)
        self._change_settings(fixed_range=fixed_range)

    def _choose_frame(self, event: events.ValueChangeEventArguments[float | None]) -> None:
        if event.value is not None and int(event.value) != self.frame_index:
            self.frame_index = int(event.value)
            self._show_frame()

    def _go_to_frame(self) -> None:
        if self._go_to.value is not None:
            self._slider.set_value(self._nearest_frame(int(self._go_to.value)))
            self._go_to.set_value(None)

    def _nearest_frame(self, frame_index: int) -> int:
        return min(max(frame_index, self._frames[0]), self._frames[-1])

    def _picture_loaded(self, event: events.GenericEventArguments) -> None:
        # One that was asked for before may come late.
        if str(event.args["source"]).endswith(self._picture_url):
            self._busy.visible = False

    def _play_step(self) -> None:
        if self._busy.visible:
            # The picture of the frame before is not there yet.
            return
        following = self.frame_index + int(self._step.value or 1)
        self._slider.set_value(following if following in self._frames else self._frames[0])

    def _handle_key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown or self.session.stream is None or not self._is_visible():
            return
        step = int(self._step.value or 1) * (_SHIFT_FACTOR if event.modifiers.shift else 1)
        first, last = self._frames[0], self._frames[-1]
        targets = {
            "ArrowLeft": self.frame_index - step,
            "ArrowRight": self.frame_index + step,
            "Home": first,
            "End": last,
        }
        if event.key.name == " " and not event.action.repeat:
            self._play_button.toggle_playing()
        elif event.key.name in targets:
            self._slider.set_value(self._nearest_frame(targets[str(event.key.name)]))

    def _choose_pixel(self, event: events.MouseEventArguments) -> None:
        if self.session.stream is None:
            return
        # The last pixel reaches to the picture's very edge.
        _, height, width = self.session.stream.shape
        self._pixel = min(int(event.image_x), width - 1), min(int(event.image_y), height - 1)
        self._show_pixel()

    def _show_pixel(self) -> None:
        if self._pixel is None or self.session.stream is None:
            return
        with errors_shown_as_notices():
            x, y = self._pixel
            trace = trace_pixel(self.session.stream, x, y, self.frame_index)
            self._pixel_text.set_text(
                f"Pixel {x}, {y}: {len(trace.spike_frames)} spikes in frames {trace.start} to "
                f"{trace.stop - 1}, a rate of {trace.rate:.3f}"
            )
            self._plot.visible = True
            self._plot.options.clear()
            self._plot.options.update(make_spike_plot_options(trace, self.frame_index))
            self._plot.update()
            self._image.set_content(
                f'<circle cx="{x + 0.5}" cy="{y + 0.5}" r="3" fill="none" stroke="red" />'
            )


def _method_fits(stream: SpikeStream, method: Method) -> bool:
    """Whether the window of a method fits into a recording."""
    try:
        viewable_frames(stream, ViewSettings(method.name, window_options_that_fit(method, stream)))
    except SpikecamError:
        return False
    return True


def _facts(name: str, stream: SpikeStream) -> str:
    rate = "of unknown rate" if stream.rate is None else f"at {stream.rate:g} Hz"
    duration = format_duration(len(stream), stream.rate)
    exposure = stream.exposure
    return legible_text(
        f"{name}\n{stream.width} x {stream.height} pixels\n"
        f"{len(stream):,} frames {rate}{f', {duration}' if duration else ''}"
        + (f"\nexposure {exposure[0]}:{exposure[1]}" if exposure else "")
    )

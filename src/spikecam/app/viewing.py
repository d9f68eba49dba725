"""Looking through a recording: time, method, display mapping, and one pixel's spikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nicegui import events, run, ui

from spikecam.app.addresses import frame_address
from spikecam.app.desk import Desk
from spikecam.app.look import WINDOWS, Look, Trace, frame, frame_png, frames_of, seconds, trace
from spikecam.app.player import Player
from spikecam.app.saying import saying
from spikecam.errors import OptionError, SpikecamError
from spikecam.stream import SpikeStream

_METHODS = {"tfp": "TFP", "tfi": "TFI", "tfstp": "TFSTP", "defocus": "Refocus"}
# Read on light and on dark.
_GRAY = "#808080"
_LINES = {"axisLabel": {"color": _GRAY}, "splitLine": {"lineStyle": {"color": "#80808040"}}}
_INVITATION = "Click on the picture to see the spikes of a pixel."


class Viewing:
    """The part of a page that shows frames of the recording.

    Args:
        desk: what is looked at.
        shown: whether this part is what the page shows: keys are for it only then.
    """

    def __init__(self, desk: Desk, shown: Callable[[], bool]) -> None:
        self.desk, self._shown = desk, shown
        self.look = Look()
        self._at, self._frames = 0, range(1)
        self._pixel: tuple[int, int] | None = None
        ui.keyboard(on_key=self._key)
        with ui.row().classes("w-full gap-6 items-start no-wrap max-md:flex-wrap"):
            with ui.column().classes("grow min-w-0 gap-2 max-md:w-full"):
                self._image = (
                    ui.interactive_image(on_mouse=self._click)
                    .classes("w-full frame")
                    .props('alt="the frame"')
                )
                with ui.row().classes("w-full items-center gap-3 no-wrap"):
                    self._player = Player("Play", self._forward, shown)
                    self._slider = ui.slider(min=0, max=1, on_change=self._scrub).classes("grow")
                    # Keys are for the page: they go by the step that is chosen.
                    self._slider.props('aria-label="Frame" tabindex=-1')
                self._where = ui.label().classes("text-sm")
            with ui.column().classes("w-72 shrink-0 gap-3 max-md:w-full"):
                self._controls()
        with ui.column().classes("w-full gap-1"):
            self._told = ui.label(_INVITATION)
            self._told.classes("text-sm opacity-70")
            self._plot = ui.echart(_plot(None, 0)).classes("w-full h-56")
            self._plot.visible = False

    def _controls(self) -> None:
        self._facts = ui.label().classes("text-sm whitespace-pre-line")
        self._method = ui.toggle(
            _METHODS, value="tfp", on_change=lambda e: self._choose(e.value)
        ).props('aria-label="Method"')
        self._window = ui.number(
            "Window, an odd number of frames",
            value=WINDOWS["tfp"],
            min=1,
            step=2,
            precision=0,
            on_change=lambda e: self._change(window=int(e.value or 0)),
        ).classes("w-full")
        # What is typed is one number, not every one on the way to it.
        self._window.props("debounce=500").without_auto_validation()
        ui.label("Black and white, percentiles").classes("text-sm")
        self._range = ui.range(min=0, max=100, step=0.5, value={"min": 1, "max": 99})
        self._range.on_value_change(
            lambda e: self._change(low=e.value["min"], high=e.value["max"])
        ).props("label")
        ui.label("Gamma").classes("text-sm")
        ui.slider(
            min=0.5, max=3, step=0.1, value=1, on_change=lambda e: self._change(gamma=e.value)
        ).props('label aria-label="Gamma"')
        self._hold = ui.switch("Hold black and white", on_change=self._hold_display)
        self._step = ui.number("Frames from one picture to the next", value=1, min=1, precision=0)
        self._step.classes("w-full")
        ui.button("Save this frame", icon="download", on_click=self._save).props("outline dense")
        ui.label("Keys: ← → one step, with Shift ten; Home, End; Space plays.").classes(
            "text-xs opacity-70"
        )

    def begin(self) -> None:
        """Show the recording that was opened, at its middle."""
        stream = self.desk.stream
        if stream is None or self.desk.path is None:
            return
        if not self._can(stream, self.look.method):
            self.look = replace(self.look, method=Look.method)
        window = self._usual(stream, self.look.method)
        self._pixel, self._plot.visible = None, False
        self._player.stop()
        self._told.set_text(_INVITATION)
        self._image.set_content("")
        self.look = replace(self.look, window=window, held=None)
        self._method.set_value(self.look.method)
        self._window.set_value(window)
        self._hold.set_value(False)
        rate = "of unknown rate" if stream.rate is None else f"at {stream.rate:g} Hz"
        lasting = seconds(len(stream), stream.rate)
        exposure = stream.exposure
        self._facts.set_text(
            f"{self.desk.path.name}\n{stream.width} x {stream.height} pixels\n"
            f"{len(stream):,} frames {rate}{f', {lasting}' if lasting else ''}"
            + (f"\nexposure {exposure[0]}:{exposure[1]}" if exposure else "")
        )
        # All of it is seen at once.
        self._image.style(f"max-width: {70 * stream.width / stream.height:.0f}vh")
        self._at = len(stream) // 2
        self._fit()

    def _fit(self) -> None:
        """Bring the slider to the frames that there are, and show one."""
        if self.desk.stream is None:
            return
        with saying():
            self._frames = frames_of(self.desk.stream, self.look)
            first, last = self._frames[0], self._frames[-1]
            self._slider.props(f":min={first} :max={last}")
            self._at = min(max(self._at, first), last)
            self._slider.set_value(self._at)
            self._show()

    def _show(self) -> None:
        stream = self.desk.stream
        if stream is None:
            return
        self._image.set_source(frame_address(self.desk, self._at, self.look))
        after = seconds(self._at, stream.rate)
        self._where.set_text(f"frame {self._at}{f', {after} after the first' if after else ''}")
        self._show_pixel()

    def _change(self, **changed: Any) -> None:
        with saying():
            look = replace(self.look, **changed)
            if look == self.look or self.desk.stream is None:
                return
            self._window.error = None
            try:
                if look.window < 1 or look.window % 2 == 0:
                    raise OptionError(f"a window is an odd number of frames, not {look.window}")
                frames_of(self.desk.stream, look)
            except SpikecamError as error:
                self._window.error = str(error)
                return
            if not look.low < look.high:
                raise OptionError("black lies below white")
            self.look = look
            self._window.set_enabled(look.method in WINDOWS)
            self._range.set_enabled(look.held is None)
            self._fit()

    def _choose(self, method: str) -> None:
        """Another method, with the window that is usual with it."""
        if method == self.look.method:
            return
        stream = self.desk.stream
        window = self.look.window
        if stream is not None and method in WINDOWS:
            window = self._usual(stream, method)
        with saying():
            if stream is not None:
                frames_of(stream, replace(self.look, method=method, window=window))
            self._change(method=method, window=window)
        # A method that cannot be had here leaves the one that is shown.
        self._method.set_value(self.look.method)
        self._window.set_value(self.look.window)

    def _can(self, stream: SpikeStream, method: str) -> bool:
        """Whether there is a frame that the method can show."""
        try:
            frames_of(stream, Look(method, self._usual(stream, method)))
        except SpikecamError:
            return False
        return True

    @staticmethod
    def _usual(stream: SpikeStream, method: str) -> int:
        return min(WINDOWS.get(method, WINDOWS["tfp"]), len(stream) - 1 + len(stream) % 2)

    async def _hold_display(self, event: events.ValueChangeEventArguments[bool | None]) -> None:
        held = None
        if event.value and self.desk.stream is not None:
            with saying():
                picture = await run.io_bound(frame, self.desk.stream, self._at, self.look)
                if picture is not None:
                    shown = self.look.display(picture)
                    held = (shown.black, shown.white)
        self._change(held=held)

    async def _save(self) -> None:
        stream = self.desk.stream
        if stream is None or self.desk.path is None:
            return
        with saying():
            name = f"{self.desk.path.stem}-{self._at:06d}-{self.look.method}.png"
            held = await run.io_bound(frame_png, stream, self._at, self.look)
            if held is not None:
                ui.download.content(held, name)

    def _scrub(self, event: events.ValueChangeEventArguments[float | None]) -> None:
        if event.value is not None and int(event.value) != self._at:
            self._at = int(event.value)
            self._show()

    def _forward(self) -> None:
        after = self._at + int(self._step.value or 1)
        self._slider.set_value(after if after in self._frames else self._frames[0])

    def _key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown or self.desk.stream is None or not self._shown():
            return
        step = int(self._step.value or 1) * (10 if event.modifiers.shift else 1)
        low, high = self._frames[0], self._frames[-1]
        places = {
            "ArrowLeft": self._at - step,
            "ArrowRight": self._at + step,
            "Home": low,
            "End": high,
        }
        if event.key.name == " " and not event.action.repeat:
            self._player.toggle()
        elif event.key.name in places:
            self._slider.set_value(min(max(places[str(event.key.name)], low), high))

    def _click(self, event: events.MouseEventArguments) -> None:
        if self.desk.stream is None:
            return
        # The last pixel reaches to the picture's very edge.
        _, height, width = self.desk.stream.shape
        self._pixel = min(int(event.image_x), width - 1), min(int(event.image_y), height - 1)
        self._show_pixel()

    def _show_pixel(self) -> None:
        if self._pixel is None or self.desk.stream is None:
            return
        with saying():
            x, y = self._pixel
            found = trace(self.desk.stream, x, y, self._at)
            self._told.set_text(
                f"Pixel {x}, {y}: {len(found.spikes)} spikes in frames {found.first} to "
                f"{found.last - 1}, a rate of {found.rate:.3f}"
            )
            self._plot.visible = True
            self._plot.options.clear()
            self._plot.options.update(_plot(found, self._at))
            self._plot.update()
            self._image.set_content(
                f'<circle cx="{x + 0.5}" cy="{y + 0.5}" r="3" fill="none" stroke="red" />'
            )


def _plot(found: Trace | None, at: int) -> dict[str, Any]:
    """Spikes as strokes, and above each interval how long it is."""
    spikes, first, last = ([], 0, 1) if found is None else (found.spikes, found.first, found.last)
    intervals = [] if found is None else found.intervals
    steps = [[s, i] for s, i in zip(spikes, [*intervals, *intervals[-1:]], strict=False)]
    return {
        "animation": False,
        "grid": {"left": 50, "right": 20, "top": 30, "bottom": 40},
        "legend": {
            "data": ["spikes", "interval"],
            "top": 0,
            "right": 20,
            "textStyle": {"color": _GRAY},
        },
        "tooltip": {"trigger": "axis"},
        "textStyle": {"color": _GRAY},
        "xAxis": {"type": "value", "min": first, "max": last, "name": "frame", **_LINES},
        "yAxis": {"type": "value", "min": 0, "name": "frames", **_LINES},
        "series": [
            {
                "name": "interval",
                "type": "line",
                "step": "end",
                "showSymbol": False,
                "data": steps,
                "markLine": {
                    "symbol": "none",
                    "label": {"show": False},
                    "data": [{"xAxis": at}],
                },
            },
            {
                "name": "spikes",
                "type": "scatter",
                "symbol": "rect",
                "symbolSize": [1.5, 14],
                "data": [[spike, 0] for spike in spikes],
            },
        ],
    }

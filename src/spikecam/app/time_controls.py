"""Controls of the time of a recording: its frame, play, speed, and the points to play between."""

from __future__ import annotations

import json
from collections.abc import Callable

from nicegui import events, ui

from spikecam.app.play_button import DEFAULT_STEPS_PER_SECOND, PlayButton
from spikecam.app.pressed_button import mark_pressed
from spikecam.app.text import format_duration
from spikecam.stream import Span

# Arrow keys go this many times as far with Shift.
_SHIFT_FACTOR = 10
_MAX_SPEED = 60


class TimeControls:
    """Controls of the frame of a recording that is shown.

    Attributes:
        frame_index: the frame.
        in_frame, out_frame: the frames that play goes from and to; None where they are not set.

    Args:
        on_change: called when the frame has changed.
        is_visible: whether the tab is shown; it takes keys and plays only then.
        is_busy: whether the picture of the frame is not there yet; play waits for it.
    """

    def __init__(
        self,
        on_change: Callable[[], None],
        is_visible: Callable[[], bool],
        is_busy: Callable[[], bool],
    ) -> None:
        self._on_change, self._is_visible, self._is_busy = on_change, is_visible, is_busy
        self.frame_index, self._frames = 0, range(1)
        self._rate: float | None = None
        self._frame_count = 0
        self.in_frame: int | None = None
        self.out_frame: int | None = None
        ui.keyboard(on_key=self._handle_key)
        with ui.row().classes("w-full items-center gap-3 no-wrap"):
            self._play_button = PlayButton("Play", self._play_step, is_visible)
            self._slider = ui.slider(min=0, max=1, on_change=self._show_slider_frame)
            # Not focused: arrow keys are for the whole tab, and go by the chosen step.
            self._slider.classes("grow").props('aria-label="Frame" tabindex=-1')
        with ui.row().classes("w-full items-center gap-x-4 gap-y-1"):
            self._position = ui.label().classes("text-sm grow max-md:w-full")
            self._build_fields()

    @property
    def loop(self) -> range:
        """The frames that are played: from In to Out, or all."""
        start = self._frames[0] if self.in_frame is None else self._nearest(self.in_frame)
        stop = self._frames[-1] if self.out_frame is None else self._nearest(self.out_frame)
        return range(start, stop + 1)

    def marked_frames(self, frame_count: int) -> Span:
        """Frames (start, stop) from In to Out; all of a recording where they are not set."""
        start = 0 if self.in_frame is None else self.in_frame
        stop = frame_count if self.out_frame is None else self.out_frame + 1
        return start, stop

    def show_recording(self, frame_count: int, rate: float | None) -> None:
        """Show the middle of another recording, with its rate in frames per second."""
        self._play_button.stop()
        self._rate = rate
        self._go_to_time.visible = rate is not None
        self._frame_count = frame_count
        self.in_frame = self.out_frame = None
        self.frame_index = frame_count // 2

    def set_frames(self, frames: range) -> None:
        """Set the frames that can be shown, and show the nearest of them."""
        self._frames = frames
        self._slider.props(f":min={frames[0]} :max={frames[-1]}")
        self.frame_index = self._nearest(self.frame_index)
        self._slider.set_value(self.frame_index)
        self._show_loop()
        self._show_position()
        self._on_change()

    def go_to(self, frame_index: int) -> None:
        """Show the frame nearest to one."""
        self._slider.set_value(self._nearest(frame_index))

    def set_played_frames(self, in_frame: int | None, out_frame: int | None) -> None:
        """Set the frames that play goes from and to; those outside the recording are none."""
        frames = range(self._frame_count)
        self.in_frame = in_frame if in_frame in frames else None
        self.out_frame = out_frame if out_frame in frames else None
        self._show_loop()

    def _build_fields(self) -> None:
        self._go_to_frame = ui.number("Go to frame", min=0, precision=0).classes("w-24")
        self._go_to_time = ui.number("Go to ms", min=0).classes("w-24")
        for field, go in (
            (self._go_to_frame, self._go_to_typed_frame),
            (self._go_to_time, self._go_to_typed_time),
        ):
            field.props("dense").on("keydown.enter", go)
            field.on("blur", go)
        self._step = ui.number("Step", value=1, min=1, precision=0).classes("w-16").props("dense")
        with self._step:
            ui.tooltip("Frames from one picture to the next")
        self._speed = ui.number(
            "Pictures/s", value=DEFAULT_STEPS_PER_SECOND, min=1, max=_MAX_SPEED, precision=0
        )
        self._speed.classes("w-20").props("dense").on_value_change(self._update_speed)
        with self._speed:
            ui.tooltip(f"Pictures a second while it plays, 1 to {_MAX_SPEED}")
        with ui.row().classes("items-center gap-1"):
            self._reverse = ui.button(icon="fast_rewind", on_click=self._toggle_reverse)
            self._reverse.props('flat dense aria-label="Reverse" aria-pressed=false')
            with self._reverse:
                ui.tooltip("Play in reverse (R)")
            for label, tip, action in (
                ("In", "Play from this frame on (I); again at the same frame: from the first", 0),
                ("Out", "Play to this frame (O); again at the same frame: to the last", 1),
            ):
                button = ui.button(label, on_click=self._set_out if action else self._set_in)
                with button.props("flat dense"):
                    ui.tooltip(tip)

    def _show_position(self) -> None:
        time = format_duration(self.frame_index, self._rate)
        self._position.set_text(
            f"frame {self.frame_index}" + (f", {time} after the first" if time else "")
        )

    def _show_loop(self) -> None:
        labels = [
            {"value": self._nearest(frame), "label": name}
            for name, frame in (("In", self.in_frame), ("Out", self.out_frame))
            if frame is not None
        ]
        self._slider.props[":marker-labels"] = json.dumps(labels or False)

    def _set_in(self) -> None:
        in_frame = None if self.in_frame == self.frame_index else self.frame_index
        out_frame = self.out_frame
        if in_frame is not None and out_frame is not None and out_frame <= in_frame:
            out_frame = None
        self.set_played_frames(in_frame, out_frame)

    def _set_out(self) -> None:
        out_frame = None if self.out_frame == self.frame_index else self.frame_index
        in_frame = self.in_frame
        if in_frame is not None and out_frame is not None and out_frame <= in_frame:
            in_frame = None
        self.set_played_frames(in_frame, out_frame)

    @property
    def _is_reverse(self) -> bool:
        return bool(self._reverse.props["aria-pressed"] == "true")

    def _toggle_reverse(self) -> None:
        mark_pressed(self._reverse, not self._is_reverse)

    def _show_slider_frame(self, event: events.ValueChangeEventArguments[float | None]) -> None:
        if event.value is not None and int(event.value) != self.frame_index:
            self.frame_index = int(event.value)
            self._show_position()
            self._on_change()

    def _go_to_typed_frame(self) -> None:
        if self._go_to_frame.value is not None:
            self.go_to(int(self._go_to_frame.value))
            self._go_to_frame.set_value(None)
            # Keys are for the frames again.
            self._go_to_frame.run_method("blur")

    def _go_to_typed_time(self) -> None:
        if self._go_to_time.value is not None and self._rate is not None:
            self.go_to(round(self._go_to_time.value * 1e-3 * self._rate))
            self._go_to_time.set_value(None)
            self._go_to_time.run_method("blur")

    def _update_speed(self) -> None:
        speed = self._speed.value or DEFAULT_STEPS_PER_SECOND
        self._play_button.set_speed(min(max(speed, 1), _MAX_SPEED))

    def _nearest(self, frame_index: int) -> int:
        return min(max(frame_index, self._frames[0]), self._frames[-1])

    def _play_step(self) -> None:
        if not self._is_busy():
            step = int(self._step.value or 1) * (-1 if self._is_reverse else 1)
            self.go_to(next_frame(self.frame_index, step, self.loop))

    def _handle_key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown or not self._is_visible():
            return
        if event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta:
            return
        step = int(self._step.value or 1) * (_SHIFT_FACTOR if event.modifiers.shift else 1)
        targets = {
            "ArrowLeft": self.frame_index - step,
            "ArrowRight": self.frame_index + step,
            "Home": self._frames[0],
            "End": self._frames[-1],
        }
        actions = {
            " ": self._play_button.toggle_playing,
            "i": self._set_in,
            "o": self._set_out,
            "r": self._toggle_reverse,
        }
        key = str(event.key.name)
        if key in targets:
            self.go_to(targets[key])
        elif key.lower() in actions and not event.action.repeat:
            actions[key.lower()]()


def next_frame(frame_index: int, step: int, loop: range) -> int:
    """The frame that is played after another: a step on, or where the loop begins.

    Args:
        frame_index: the present frame.
        step: frames from one to the next, negative in reverse.
        loop: the frames that are played.
    """
    following = frame_index + step
    if following in loop and frame_index in loop:
        return following
    return loop[0] if step > 0 else loop[-1]

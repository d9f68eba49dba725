"""A button that plays a sequence: it takes a step several times a second."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

DEFAULT_STEPS_PER_SECOND = 12


class PlayButton:
    """A button that plays a sequence: it takes a step several times a second.

    Args:
        label: what a screen reader calls it.
        step: goes on by one step.
        is_visible: whether its tab is shown; it pauses while that is not so.
    """

    def __init__(
        self, label: str, step: Callable[[], None], is_visible: Callable[[], bool]
    ) -> None:
        self._step, self._is_visible = step, is_visible
        self._timer = ui.timer(1 / DEFAULT_STEPS_PER_SECOND, self._tick, active=False)
        self._button = ui.button(icon="play_arrow", on_click=self.toggle_playing)
        self._button.props(f'round dense aria-label="{label}"')

    def toggle_playing(self) -> None:
        """Start playing, or pause."""
        self._set_playing(not self._timer.active)

    def set_speed(self, steps_per_second: float) -> None:
        """Set how many steps a second it takes at most."""
        self._timer.interval = 1 / steps_per_second

    def stop(self) -> None:
        """Stop playing."""
        self._set_playing(False)

    def _set_playing(self, playing: bool) -> None:
        self._timer.active = playing
        self._button.props(f"icon={'pause' if playing else 'play_arrow'}")

    def _tick(self) -> None:
        if self._is_visible():
            self._step()

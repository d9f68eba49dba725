"""A button that plays: from then on a step is made several times a second."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

# Steps a second.
_STEPS = 12


class Player:
    """The button, and what it keeps going.

    Args:
        label: what it is called, for those who do not see it.
        step: goes one step on.
        shown: whether its part is what the page shows; it rests while that is not so.
    """

    def __init__(self, label: str, step: Callable[[], None], shown: Callable[[], bool]) -> None:
        self._step, self._shown = step, shown
        self._timer = ui.timer(1 / _STEPS, self._forward, active=False)
        self._button = ui.button(icon="play_arrow", on_click=self.toggle)
        self._button.props(f'round dense aria-label="{label}"')

    def toggle(self) -> None:
        """Play, or pause."""
        self._set(not self._timer.active)

    def stop(self) -> None:
        """Play no more."""
        self._set(False)

    def _set(self, playing: bool) -> None:
        self._timer.active = playing
        self._button.props(f"icon={'pause' if playing else 'play_arrow'}")

    def _forward(self) -> None:
        if self._shown():
            self._step()

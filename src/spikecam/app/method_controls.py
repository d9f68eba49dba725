"""Controls of the method of a picture, and of its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from nicegui import ui

from spikecam.app.frame_view import ViewSettings, viewable_frames, window_options_that_fit
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.option_controls import OptionControls
from spikecam.app.pane import Pane
from spikecam.errors import SpikecamError
from spikecam.method import Method, Takes, all_methods
from spikecam.stream import SpikeStream


class MethodControls:
    """Controls of the method of a pane, and of its options.

    Args:
        pane: whose settings they change.
        label: of the menu of methods.
        on_change: called when they have changed.
    """

    def __init__(self, pane: Pane, label: str, on_change: Callable[[], None]) -> None:
        self._pane, self._on_change = pane, on_change
        self._methods = viewing_methods()
        self._method = ui.select(
            {name: f"{name}: {method.summary}" for name, method in self._methods.items()},
            value=pane.settings.method,
            label=label,
            on_change=lambda event: self._choose_method(event.value),
        ).classes("w-full")
        self._options = OptionControls(self._change_option)
        self._options.show_method(self._methods[pane.settings.method], pane.settings.options)

    def show_recording(self, stream: SpikeStream) -> None:
        """Take a method and a window that fit another recording."""
        method = self._methods[self._pane.settings.method]
        if not _method_fits(stream, method):
            method = self._methods[ViewSettings.method]
        self._set(method, window_options_that_fit(method, stream))
        self._method.set_value(method.name)

    def show_method(self, name: str | None, window: int | None) -> None:
        """Show a method with a window, as far as they fit the recording.

        Args:
            name: of the method; None for the present one.
            window: of the method; None for its default.
        """
        if name in self._methods:
            self._method.set_value(name)
        method, stream = self._methods[self._pane.settings.method], self._pane.stream
        if window is None or stream is None or "window" not in method.option_names:
            return
        options = {**self._pane.settings.options, "window": window}
        with errors_shown_as_notices():
            viewable_frames(stream, replace(self._pane.settings, options=options))
            self._set(method, options)
            self._on_change()

    def _set(self, method: Method, options: Mapping[str, Any]) -> None:
        self._pane.settings = replace(self._pane.settings, method=method.name, options=options)
        self._options.show_method(method, options)

    def _choose_method(self, name: str) -> None:
        """Switch to another method, with its default options."""
        if name == self._pane.settings.method:
            return
        stream, method = self._pane.stream, self._methods[name]
        with errors_shown_as_notices():
            options: dict[str, Any] = {}
            if stream is not None:
                options = window_options_that_fit(method, stream)
                viewable_frames(stream, ViewSettings(name, options))
            self._set(method, options)
            self._on_change()
        # Back to the present method where the other one cannot show this recording.
        self._method.set_value(self._pane.settings.method)
        # Keys are for the frames again.
        self._method.run_method("blur")

    def _change_option(self, name: str) -> None:
        stream = self._pane.stream
        if stream is None:
            return
        options = self._options.changed_values()
        settings = replace(self._pane.settings, options=options)
        try:
            viewable_frames(stream, settings)
        except SpikecamError as error:
            self._options.set_error(name, str(error))
            return
        self._options.set_error(name, None)
        if settings != self._pane.settings:
            self._pane.settings = settings
            self._on_change()


def viewing_methods() -> dict[str, Method]:
    """The methods that can show a frame of spikes alone, by their names."""
    return {method.name: method for method in all_methods(Takes.SPIKES) if method.has_weights}


def _method_fits(stream: SpikeStream, method: Method) -> bool:
    """Whether the window of a method fits into a recording."""
    try:
        viewable_frames(stream, ViewSettings(method.name, window_options_that_fit(method, stream)))
    except SpikecamError:
        return False
    return True

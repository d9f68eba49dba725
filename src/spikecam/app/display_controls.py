"""Controls of how pictures are displayed: black, white, gamma and colours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from nicegui import events, ui

from spikecam.app.frame_view import MAX_GAMMA, MIN_GAMMA, ViewSettings
from spikecam.app.page_style import RANGE_PROPS
from spikecam.app.pane import DisplayedPicture
from spikecam.show.colour_map_names import COLOUR_MAPS, GRAY

_SCRIPT = Path(__file__).with_name("level_histogram.js")
_BINS = 96
_SAMPLE_PIXELS = 20_000
# Handles that are dragged are followed so often.
_DRAG_SECONDS = 0.08
_SHOW_VALUE = "label label-always switch-label-side"


class DisplayControls:
    """Controls of how pictures are displayed.

    Args:
        on_change: takes the fields of `ViewSettings` that change, by their names.
    """

    def __init__(self, on_change: Callable[..., None]) -> None:
        self._on_change = on_change
        self._displayed: DisplayedPicture | None = None
        self._fixed_range: tuple[float, float] | None = None
        ui.add_body_html(f"<script>{_SCRIPT.read_text()}</script>")
        ui.label("Black and white").classes("text-sm")
        self._histogram = ui.element("level-histogram").classes("w-full mb-2")
        self._histogram.on(
            "levelschange",
            self._hold_levels,
            throttle=_DRAG_SECONDS,
            js_handler="(e) => emit(e.detail)",
        )
        self._hold = ui.switch("Hold black and white", on_change=self._switch_hold).props("dense")
        with _labelled_row("Percentiles"):
            self._percentiles = ui.range(
                min=0, max=100, step=0.5, value={"min": ViewSettings.low, "max": ViewSettings.high}
            )
            self._percentiles.props(RANGE_PROPS)
            self._percentiles.props(f'{_SHOW_VALUE} aria-label="Black and white, percentiles"')
        self._percentiles.on_value_change(
            lambda event: on_change(low=event.value["min"], high=event.value["max"])
        )
        with _labelled_row("Gamma"):
            self._gamma = ui.slider(
                min=MIN_GAMMA, max=MAX_GAMMA, step=0.1, value=ViewSettings.gamma
            )
            self._gamma.props(f'{_SHOW_VALUE} aria-label="Gamma"')
        self._gamma.on_value_change(lambda event: on_change(gamma=event.value))
        self._colours = ui.select(
            list(COLOUR_MAPS),
            label="Colours",
            value=GRAY,
            on_change=lambda event: on_change(colours=event.value),
        ).classes("w-full")
        reset = ui.button("Reset levels and colours", icon="restart_alt").props(
            "outline dense no-caps"
        )
        reset.on_click(lambda: self.show_settings(ViewSettings()))
        with reset:
            ui.tooltip("Black, white, gamma and colours as at first")

    def show_settings(self, settings: ViewSettings) -> None:
        """Set all controls to the display of settings."""
        self.set_fixed_range(settings.fixed_range)
        self._percentiles.set_value({"min": settings.low, "max": settings.high})
        self._gamma.set_value(settings.gamma)
        self._colours.set_value(settings.colours)

    def set_fixed_range(self, fixed_range: tuple[float, float] | None) -> None:
        """Set the brightness (black, white); None for the percentiles of each picture."""
        self._fixed_range = fixed_range
        self._percentiles.set_enabled(fixed_range is None)
        self._hold.set_value(fixed_range is not None)
        self._on_change(fixed_range=fixed_range)

    def show_picture(self, displayed: DisplayedPicture) -> None:
        """Show the histogram of a picture, and its black and white."""
        self._displayed = displayed
        black, white = displayed.display.black, displayed.display.white
        low = min(float(displayed.picture.min()), black)
        high = max(float(displayed.picture.max()), white)
        # A picture of few levels has a bin for each.
        sample = displayed.picture.ravel()[:: max(1, displayed.picture.size // _SAMPLE_PIXELS)]
        bins = min(_BINS, max(2, len(np.unique(sample))))
        counts, _ = np.histogram(displayed.picture, bins, (low, high))
        self._histogram.props["levels"] = json.dumps(
            {"counts": counts.tolist(), "low": low, "high": high, "black": black, "white": white}
        )

    def forget_picture(self) -> None:
        """Forget the picture: another recording was opened."""
        self._displayed = None

    def _hold_levels(self, event: events.GenericEventArguments) -> None:
        black, white = map(float, event.args)
        self.set_fixed_range((black, white))

    def _switch_hold(self, event: events.ValueChangeEventArguments[bool | None]) -> None:
        if bool(event.value) == (self._fixed_range is not None):
            return
        fixed_range: Any = None
        if event.value and self._displayed is not None:
            fixed_range = self._displayed.display.black, self._displayed.display.white
        self.set_fixed_range(fixed_range)


def _labelled_row(label: str) -> ui.row:
    # The values stand below the sliders, and need room there.
    row = ui.row().classes("w-full items-center gap-3 no-wrap mb-4")
    with row:
        ui.label(label).classes("text-sm w-20 shrink-0")
    return row

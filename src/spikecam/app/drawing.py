"""How SpikeGen draws its samples: what a page asks of it."""

from __future__ import annotations

from typing import Any

from nicegui import ui

_MIX = "Mix: 0 picture alone, 1 spikes alone"
# What is drawn where a field is left empty, and at first.
_SAMPLES, _STEPS = 8, 10


class Drawing:
    """The controls of SpikeGen; hidden at first."""

    def __init__(self) -> None:
        with ui.column().classes("w-full gap-2") as self._all:
            ui.label(_MIX).classes("text-sm")
            self._mix = ui.slider(min=0, max=1, step=0.05, value=0.5)
            self._mix.props(f'label aria-label="{_MIX}"')
            with ui.row().classes("w-full no-wrap gap-2"):
                self._samples = _number("Samples", _SAMPLES, 1, 64)
                self._steps = _number("Steps", _STEPS, 1, 100)
                self._seed = _number("Seed", 0, 0, None)
        self._all.visible = False

    def show(self, wanted: bool) -> None:
        """Show the controls, or hide them."""
        self._all.visible = wanted

    def sampling(self) -> dict[str, Any]:
        """What is asked, as `Sampling` takes it."""
        steps = int(self._steps.value or _STEPS)
        # One step gives the mean at once, which is one picture.
        samples = 1 if steps == 1 else int(self._samples.value or _SAMPLES)
        return {
            "mix": float(self._mix.value),
            "samples": samples,
            "steps": steps,
            "seed": int(self._seed.value or 0),
        }


def _number(label: str, value: int, least: int, most: int | None) -> ui.number:
    return ui.number(label, value=value, min=least, max=most, precision=0).classes("grow")

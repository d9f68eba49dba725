"""Methods of reconstruction with their windows, as rows of a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import spikecam as sc
from spikecam.picture import Picture

# Windows of the fast methods that are measured; None is the method without a window.
_FAST_WINDOWS: dict[str, tuple[int | None, ...]] = {
    "tfp": (11, 21, 41),
    "tfi": (None, 17),
    "tfstp": (None,),
    "defocus": (25,),
    "aligned": (None,),
    "lsq": (None,),
    "base": (None,),
    "fusion": (None,),
}


class TimedPictures(NamedTuple):
    """Firing rates of neighbouring frames, and the seconds that each took."""

    rates: list[Picture]
    seconds: float


@dataclass(frozen=True)
class ReconstructionEntry:
    """A method that takes spikes alone, with its window and a second stage.

    Attributes:
        label: METHOD[:WINDOW][+STAGE], in tables.
        method: of `spikecam.reconstruct`, or of `spikecam.generate`.
        window: in frames; None for the method's own.
        second_stage: deblurs the scaled pictures, such as mimounet, by weights of your own.
    """

    label: str
    method: str
    window: int | None = None
    second_stage: Callable[[Picture], Picture] | None = None

    @staticmethod
    def parse(text: str) -> ReconstructionEntry:
        """Parse METHOD[:WINDOW][+STAGE] of the command line.

        Raises:
            OptionError: no such method, or no window.
        """
        name, _, stage = text.partition("+")
        method, _, window = name.partition(":")
        if window and not window.isdecimal():
            raise sc.OptionError(f"{text}: expected METHOD or METHOD:WINDOW, such as tfp:41")
        if method not in sc.method_names(sc.Takes.SPIKES_OR_PICTURE):
            sc.find_method(method, sc.Takes.SPIKES)
        second_stage = sc.second_stage(stage) if stage else None
        return ReconstructionEntry(text, method, int(window) if window else None, second_stage)

    def picture(self, rate: Picture, white_rate: float | None) -> Picture:
        """The picture of a firing rate, after the second stage; see `rate_to_picture`."""
        picture = rate_to_picture(rate, white_rate)
        return picture if self.second_stage is None else self.second_stage(picture)

    def rates(self, stream: sc.SpikeStream, frames: Sequence[int]) -> TimedPictures:
        """Firing rates at these frames, made as those of a film."""
        options: dict[str, Any] = {} if self.window is None else {"window": self.window}
        start = time.perf_counter()
        if self.method in sc.method_names(sc.Takes.SPIKES_OR_PICTURE):
            method = sc.find_method(self.method, sc.Takes.SPIKES_OR_PICTURE)
            if "steps" in method.option_names:
                # As good as many by PSNR, and the fastest.
                options["steps"] = 1
            rates = [
                sc.generate(None, stream, at=frame, method=self.method, **options).mean
                for frame in frames
            ]
        else:
            rates = [
                np.array(rate)
                for rate in sc.reconstruct_frames(
                    stream, self.method, frames=list(frames), **options
                )
            ]
        return TimedPictures(rates, (time.perf_counter() - start) / len(frames))


def parse_entries(names: Sequence[str]) -> list[ReconstructionEntry]:
    """Parse names of methods with their windows.

    Raises:
        OptionError: a method is named twice, or as `ReconstructionEntry.parse`.
    """
    if len(set(names)) < len(names):
        raise sc.OptionError(f"a method is named twice: {', '.join(names)}")
    return [ReconstructionEntry.parse(name) for name in names]


def default_entry_names(slow: bool = False) -> list[str]:
    """Names of all methods that take spikes alone and have weights, with the windows measured.

    Those that take seconds a frame, networks other than that of `defocus`, only if asked for.
    """
    names = []
    for method in sc.all_methods(sc.Takes.SPIKES):
        if not method.has_weights:
            continue
        if method.name in _FAST_WINDOWS:
            for window in _FAST_WINDOWS[method.name]:
                names.append(method.name if window is None else f"{method.name}:{window}")
        elif slow or not method.networks:
            names.append(method.name)
    if slow:
        names += [m.name for m in sc.all_methods(sc.Takes.SPIKES_OR_PICTURE) if m.has_weights]
    order = list(_FAST_WINDOWS)
    return sorted(
        names, key=lambda name: order.index(m) if (m := name.split(":")[0]) in order else 99
    )


def rate_to_picture(rate: Picture, white_rate: float | None) -> Picture:
    """The picture of a firing rate: over the rate of white, or over its own brightest percent."""
    white = max(float(np.quantile(rate, 0.99)), 1e-6) if white_rate is None else white_rate
    picture: Picture = np.clip(rate / np.float32(white), 0, 1)
    return picture

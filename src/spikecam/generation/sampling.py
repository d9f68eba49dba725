"""How samples are drawn, and of how many frames; nothing here needs torch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError, RangeError
from spikecam.io.paths import PathLike
from spikecam.picture import Picture
from spikecam.sensor.sensor import check_seed
from spikecam.stream import SpikeStream
from spikecam.weights.catalogue import find_weights, opened

# Spikes are taken so many frames at a time.
UNIT = 8
# DDIM is not asked for more.
_STEPS = 100
_SAMPLES = 8
# A spread that is shown as white is at least this, so that what is certain stays dark.
_LEAST_WHITE = 0.02
# Share of a picture's pixels that are darker.
_SHARE = 0.995


@dataclass(frozen=True)
class Sampling:
    """How samples are drawn.

    Attributes:
        mix: g, from 0, a picture alone, to 1, spikes alone, which have no colours; by default 0.5,
            and 0 where there are no spikes.
        samples: how many; each is one of the pictures that may have been there. By default 8, and
            1 with one step.
        steps: of DDIM, 1 to 100; one gives the mean alone, without any noise.
        seed: of all noise; sample k is the same, however many there are.

    Raises:
        OptionError: a value that cannot be.
    """

    mix: float | None = None
    samples: int | None = None
    steps: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("samples", self.count), ("steps", self.steps)):
            if not isinstance(value, (int, np.integer)):
                raise OptionError(f"{name} are given as a whole number, not {value!r}")
        check_seed(self.seed)
        if self.mix is not None and not isinstance(self.mix, (int, float, np.number)):
            raise OptionError(f"a mix is a number from 0, picture alone, to 1, not {self.mix!r}")
        if self.mix is not None and not 0 <= self.mix <= 1:
            raise OptionError(f"a mix is a number from 0, picture alone, to 1, not {self.mix:g}")
        if not 1 <= self.steps <= _STEPS:
            raise OptionError(f"steps are 1 to {_STEPS}, not {self.steps}")
        if self.samples is not None and self.samples < 1:
            raise OptionError(f"samples are at least 1, not {self.samples}")
        if self.steps == 1 and self.count > 1:
            raise OptionError(
                f"one step gives the mean, one picture and not {self.samples} samples; choose 2 "
                "steps or more"
            )

    @property
    def count(self) -> int:
        """How many samples there will be."""
        if self.samples is not None:
            return self.samples
        return 1 if self.steps == 1 else _SAMPLES


def frames_around(weights: PathLike, stream: SpikeStream) -> int:
    """How many frames around a moment SpikeGen takes of a recording.

    Raises:
        RangeError: the recording has fewer than 8.
        FileError: weights that cannot be read.
        OptionError: neither a file nor the name of weights that ship.
    """
    with opened(find_weights(weights), "numpy") as (_, header):
        return frames_in(stream, int(json.loads(header.config).get("frames", UNIT)))


def frames_in(stream: SpikeStream, wanted: int) -> int:
    """How many frames around a moment are taken: those wanted, or as many eights as there are.

    Raises:
        RangeError: the recording has fewer than 8.
    """
    if len(stream) < UNIT:
        raise RangeError(
            f"SpikeGen takes {UNIT} frames of spikes or more, and the recording has {len(stream)}"
        )
    return min(wanted, len(stream) // UNIT * UNIT)


def spread_white(spreads: Iterable[Picture]) -> float:
    """The spread that is shown as white: of the widest picture all but 1 pixel in 200 are below.

    It is 0.02 at the least.
    """
    return max([_LEAST_WHITE, *(float(np.quantile(spread, _SHARE)) for spread in spreads)])

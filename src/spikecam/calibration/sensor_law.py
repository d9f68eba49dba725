"""The law of a sensor, and the fixed pattern by it, from the firing rates in uniform fields.

By the law of `spikecam.fixed_pattern`, a pixel's deviation in field k is

    D_k = 1 / I_k - d = K / (f_t (L_k + f_o))

where d is 1 if the sensor has a dead frame, and 0 if not. The offset f_o follows from the dark and
the middle field (supplement of "Seeing Through Blur", Eq. 10), and K / f_t from the middle and from
the bright one. By the right law both give the same; by the wrong one they differ by a factor of
(1 - I_2) / (1 - I_3), and the more in pixels of more gain.

`spikecam.simulate` makes a third kind of fields where the sensor has no dead frame but the pattern
has, as published simulators do: the reference pixel's rate is proportional to the illuminance,
I = c L, and other pixels differ from it by the law with d = 1. In the illuminances
L' = c L / (1 - c L) these fields follow the law with d = 1, so the pattern is found in these. They
are told from fields of one law by the gain of the median pixel against the reference, which is 1 in
patterns from `calibrate_fpn` and 0.65 in the published measured one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern

Rates = npt.NDArray[np.float64]

# Largest ratio of the gains measured by two fields.
_MAX_GAIN_RATIO = 1.15
# Of fits whose misfit is within this factor of the least, the first one is taken.
_EQUAL_MISFIT = 1.1
# Gains of the median pixel that a fixed pattern may have for a simulator, see above.
_MEDIAN_GAINS = 0.5, 1.25
# Halvings of the interval in which c L_3 is searched for.
_BISECTIONS = 40


def fit_three_fields(
    rates: Sequence[Rates], lux: Sequence[float], dead_frame: bool | None = None
) -> FixedPattern:
    """Fixed pattern from three fields, by the law that they follow best.

    The published law is taken where another one fits no better.

    Args:
        rates: spikes a frame of the dark, middle and bright field, (H, W) each.
        lux: illuminances of the fields, on any linear scale.
        dead_frame: whether the law has a dead frame; None for the one that fits best.

    Raises:
        OptionError: the gains of the middle and the bright field agree by no law.
    """
    laws = (True, False) if dead_frame is None else (dead_frame,)
    by_law = {law: _fit(rates, lux, dead_frame=law) for law in laws}
    fits = list(by_law.values())
    simulator_lux = lux_of_linear_rates(rates, lux)
    if simulator_lux is not None and True in by_law:
        fits.append(_fit(rates, simulator_lux, dead_frame=True))
    least = min(fit.misfit() for fit in fits)
    best = next(fit for fit in fits if fit.misfit() <= _EQUAL_MISFIT * least)
    if not 1 / _MAX_GAIN_RATIO < best.median_ratio() < _MAX_GAIN_RATIO:
        listed = " and ".join(
            f"{fit.median_ratio():.2f} {'with' if law else 'without'} a dead frame"
            for law, fit in by_law.items()
        )
        raise OptionError(
            "the illuminances do not fit the fields: the gains by the bright field are those by "
            f"the middle one times {listed}; measure both again"
        )
    return best.fixed_pattern(float(lux[2]))


def fit_one_field(rates: Rates, dead_frame: bool = True) -> FixedPattern:
    """Fixed pattern without offsets from the rates of one bright field, (H, W) (Eq. 13)."""
    deviation = _deviation(rates, dead_frame)
    fit = _Fit(dead_frame, deviation, np.zeros(rates.shape), deviation, deviation)
    return fit.fixed_pattern(1.0)


def lux_of_linear_rates(rates: Sequence[Rates], lux: Sequence[float]) -> list[float] | None:
    """Illuminances L' of fields in which a reference pixel's rate is proportional to ``lux``.

    With d = 1, I / (1 - I) of the median pixel is g c L / (1 - c L), with g its gain against the
    reference, and what its offset adds to every field. So c follows from the steps between the
    fields, and g from c. L' leaves the bright field its illuminance.

    Args:
        rates: of the dark, middle and bright field, (H, W) each, below 1 in the median.
        lux: illuminances of the fields.

    Returns:
        The three illuminances L', or None where g is not that of a camera's map.
    """
    odds = [float(np.median(1 / _deviation(rate, True))) for rate in rates]
    step = (odds[1] - odds[0]) / (odds[2] - odds[0])
    relative = np.asarray(lux, np.float64) / lux[2]
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        bright_rate = (low + high) / 2
        light = bright_rate * relative / (1 - bright_rate * relative)
        if (light[1] - light[0]) / (light[2] - light[0]) > step:
            low = bright_rate
        else:
            high = bright_rate
    gain = (odds[2] - odds[0]) / (light[2] - light[0])
    if not _MEDIAN_GAINS[0] <= gain <= _MEDIAN_GAINS[1]:
        return None
    return [float(value / light[2] * lux[2]) for value in light]


@dataclass(frozen=True)
class _Fit:
    """Pixels by one law. Maps are (H, W).

    Attributes:
        dead_frame: whether the law has a dead frame.
        deviation: D of the bright field.
        offset: f_o in lux.
        middle: K / f_t by the middle field.
        bright: K / f_t by the bright field.
    """

    dead_frame: bool
    deviation: Rates
    offset: Rates
    middle: Rates
    bright: Rates

    def median_ratio(self) -> float:
        """Gain by the bright field over that by the middle one, of the median pixel."""
        return float(np.median(self.middle / self.bright))

    def misfit(self) -> float:
        """Median over pixels of how far the logarithms of both gains are apart."""
        return float(np.median(np.abs(np.log(self.middle / self.bright))))

    def fixed_pattern(self, bright_lux: float) -> FixedPattern:
        gain = np.median(self.bright) / self.bright
        return FixedPattern.from_maps(
            self.offset.astype(np.float32),
            gain.astype(np.float32),
            self.deviation.astype(np.float32),
            bright_lux,
            dead_frame=self.dead_frame,
        )


def _fit(rates: Sequence[Rates], lux: Sequence[float], *, dead_frame: bool) -> _Fit:
    dark, middle, bright = (_deviation(rate, dead_frame) for rate in rates)
    ratio = np.clip(middle / dark, 0, 0.99)
    offset = np.maximum((lux[1] * ratio - lux[0]) / (1 - ratio), 0)
    return _Fit(dead_frame, bright, offset, middle * (lux[1] + offset), bright * (lux[2] + offset))


def _deviation(rates: Rates, dead_frame: bool) -> Rates:
    # A pixel that never fired fires less than once in any recording; one that always does hardly
    # deviates.
    deviation: Rates = np.clip(1 / np.maximum(rates, 1e-9) - int(dead_frame), 1e-3, 1e9)
    return deviation

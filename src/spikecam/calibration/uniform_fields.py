"""Calibrating the fixed pattern from recordings of uniform fields.

Three fields of illuminance L_1 < L_2 < L_3, the first one usually dark (supplement of "Seeing
Through Blur", Eq. 9-12), D_k = 1 / I_k - 1 being a pixel's deviation in field k:

    r = D_2 / D_1,    f_o = (L_2 r - L_1) / (1 - r)
    f_t = K_reference / K,    K = D_3 (L_3 + f_o)

or one field alone (Eq. 13): no offset, and a gain of D_reference / D. The reference is the median
pixel, so that correction leaves the brightness of a picture as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.errors import GeometryError, OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.rows import over_rows
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.stream import Progress, Span, SpikeStream

Rates = npt.NDArray[np.float64]

# Fields may fall off to the corners by as much as a lens does; scenes vary more.
_UNEVEN, _UNEVEN_DARK, _TILE = 1.6, 2.0, 25
# Spikes of a pixel in the dark from which on it can be told to be even.
_FEW = 8
# Lamps drift; what drifts by more is no measurement.
_DRIFT = 0.1
# Spikes of the median pixel in the bright field from which on gains are more than noise.
_FEWEST = 20
# How far the gains by two fields may be apart.
_AGREE = 1.15


def calibrate_fpn(
    fields: Sequence[SpikeStream],
    lux: Sequence[float] | None = None,
    *,
    progress: Progress[Span] = iter,
) -> FixedPattern:
    """Calibrate a camera from its recordings of a uniform surface.

    Args:
        fields: a dark, a middle and a bright recording, or a single bright one. Thousands of
            frames each (20,000 in the measurements of the field); more is more exact.
        lux: the illuminance of each of three fields, on any linear scale; dark may be 0.
        progress: wraps the spans of each recording that are read one after another.

    Returns:
        The fixed pattern, with dead and stuck pixels marked.

    Raises:
        OptionError: fields that are not uniform, drift, or do not rise in brightness, or a number
            of fields or illuminances that does not fit.
        GeometryError: fields of different sizes.
    """
    if len(fields) not in (1, 3):
        raise OptionError(
            f"a calibration takes three fields, dark, middle and bright, or one; not {len(fields)}"
        )
    lux = lux or ()
    if len(fields) == 3 and (len(lux) != 3 or not 0 <= lux[0] < lux[1] < lux[2] < float("inf")):
        listed = ", ".join(f"{value:g}" for value in lux)
        raise OptionError(
            "three fields have three illuminances that rise from dark to bright, such as 0, 153, "
            f"335; not {listed or 'none'}"
        )
    for other in fields[1:]:
        if other.shape[1:] != fields[0].shape[1:]:
            raise GeometryError(
                f"the fields differ in size: {fields[0].shape[1:]} and {other.shape[1:]}; "
                "all come from one camera"
            )
    rates = [_rates(stream, progress) for stream in fields]
    _check_rising(rates)
    bright = rates[-1]
    names = ("dark", "middle", "bright")[-len(rates) :]
    for name, rate, stream in zip(names, rates, fields, strict=True):
        # Darkness is uneven by itself, and tells nothing where it hardly fires.
        most = _UNEVEN_DARK if name == "dark" else _UNEVEN
        if name != "dark" or np.median(rate) * len(stream) > _FEW:
            _check_even(rate, name, most)
    if np.median(bright) * len(fields[-1]) < _FEWEST:
        raise OptionError(
            f"the pixels fire {np.median(bright) * len(fields[-1]):.0f} times in the bright field, "
            "too few to tell them apart; record thousands of frames"
        )
    deviation = _deviation(bright)
    if len(rates) == 3:
        dark, middle = (_deviation(rate) for rate in rates[:2])
        ratio = np.clip(middle / dark, 0, 0.99)
        offset = np.maximum((lux[1] * ratio - lux[0]) / (1 - ratio), 0)
        brightest = float(lux[2])
        _check_lux(middle * (lux[1] + offset), deviation * (lux[2] + offset))
    else:
        offset, brightest = np.zeros(bright.shape), 1.0
    per_lux = deviation * (brightest + offset)
    gain = np.median(per_lux) / per_lux
    return FixedPattern.from_maps(
        offset.astype(np.float32),
        gain.astype(np.float32),
        deviation.astype(np.float32),
        brightest,
    )


def _check_lux(by_middle: Rates, by_bright: Rates) -> None:
    """Both fields tell a pixel's gain, and agree where the illuminances are right."""
    apart = float(np.median(by_middle / by_bright))
    if not 1 / _AGREE < apart < _AGREE:
        raise OptionError(
            "the illuminances do not go with the fields: by the middle one, pixels are "
            f"{apart:.2f} times as slow as by the bright one; measure both again"
        )


def uniform_field(fpn: FixedPattern, lux: float, frames: int, seed: int) -> SpikeStream:
    """A uniform field as the camera of a fixed pattern records it, by simulation ("gen2").

    Args:
        fpn: the camera; its median pixel is what it takes for normal.
        lux: illuminance, from 0.
        frames: how many.
        seed: of the noise.
    """
    per_lux = float(np.median(fpn.gain * fpn.deviation * (fpn.lux + fpn.offset)))
    light = np.full(fpn.shape, 1 / (1 + per_lux / max(lux, 1e-9)), np.float32)
    return simulate((light for _ in range(frames)), "gen2", seed=seed, fpn=fpn)


def _deviation(rates: Rates) -> Rates:
    # A pixel that never fired fires less than once in any recording; one that always does hardly
    # deviates.
    deviation: Rates = np.clip(1 / np.maximum(rates, 1e-9) - 1, 1e-3, 1e9)
    return deviation


def _rates(stream: SpikeStream, progress: Progress[Span]) -> Rates:
    """Firing rate of every pixel, from its first spike to its last where it has two.

    Counting intervals rather than frames keeps the phases at both ends of a recording out.
    """
    _, height, width = stream.shape
    seen = np.zeros((3, height, (width + 7) // 8 * 8), np.int64)
    middle = len(stream) // 2
    if middle < 2:
        raise OptionError(f"a field of {len(stream)} frames is too short; record thousands")
    halves: list[float] = []
    for first, last in ((0, middle), (middle, len(stream))):
        before = seen[0].sum()
        for start, stop in progress(stream[first:last].blocks()):
            rows = stream.rows(first + start, first + stop)
            over_rows(_ends, height, rows, first + start, seen)
        halves.append(float(seen[0].sum() - before) / (last - first) / (height * width))
    if max(halves) > 0.01 and max(halves) > (1 + _DRIFT) * min(halves):
        raise OptionError(
            f"the light changes within a field: {halves[0]:.3g} spikes a frame in its first half, "
            f"{halves[1]:.3g} in its second; record it under steady light"
        )
    counts, earliest, latest = seen[:, :, :width].astype(np.float64)
    intervals = (counts - 1) / np.maximum(latest - earliest, 1)
    rates: Rates = np.where(counts >= 2, intervals, counts / len(stream))
    return rates


@njit(nogil=True, cache=True, error_model="numpy")
def _ends(rows, start, seen, first_row, last_row):  # type: ignore[no-untyped-def]
    for row in range(first_row, last_row):
        for t in range(len(rows)):
            for k in range(rows.shape[2]):
                spikes = rows[t, row, k]
                bit = 0
                while spikes:
                    if spikes & 1:
                        column = 8 * k + bit
                        if seen[0, row, column] == 0:
                            seen[1, row, column] = start + t
                        seen[0, row, column] += 1
                        seen[2, row, column] = start + t
                    spikes >>= 1
                    bit += 1


def _check_rising(rates: Sequence[Rates]) -> None:
    levels = [float(np.median(rate)) for rate in rates]
    if not all(a < b for a, b in pairwise(levels)):
        listed = ", ".join(f"{level:.4f}" for level in levels)
        raise OptionError(
            f"the fields do not rise in brightness (median rates {listed}); "
            "give them in the order dark, middle, bright"
        )
    if levels[-1] < 0.01:
        raise OptionError(
            f"the bright field fires in {levels[-1]:.2%} of its frames; record a brighter one"
        )
    if levels[-1] > 0.98:
        raise OptionError("the bright field fires in nearly every frame; record a darker one")


def _check_even(rates: Rates, name: str, most: float) -> None:
    tiles = [
        np.median(rates[top : top + _TILE, left : left + _TILE])
        for top in range(0, rates.shape[0], _TILE)
        for left in range(0, rates.shape[1], _TILE)
    ]
    low, high = np.percentile(tiles, [5, 95])
    if high > most * max(low, 1e-9):
        raise OptionError(
            f"the {name} field is not uniform: its parts fire at {low:.3g} to {high:.3g} of all "
            "frames; record an evenly lit surface, out of focus"
        )

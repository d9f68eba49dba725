"""Calibration of the fixed pattern from recordings of uniform fields.

Three fields of illuminance L_1 < L_2 < L_3, the first one usually dark (supplement of "Seeing
Through Blur", Eq. 9-12), D_k = 1 / I_k - 1 being a pixel's deviation in field k:

    r = D_2 / D_1,    f_o = (L_2 r - L_1) / (1 - r)
    f_t = K_reference / K,    K = D_3 (L_3 + f_o)

or one field alone (Eq. 13): no offset, and a gain of D_reference / D. The reference is the median
pixel, so that correction leaves the brightness of a picture as it is.

This assumes the law of the published measurements, in which a pixel collects no light in the frame
of its reset: the interval between spikes is n = 1 + K / (f_t (L + f_o)) frames, so that the rate
1 / n approaches 1 in bright light rather than growing with it. For a sensor that collects light in
every frame (rate = light / V_th), as `spikecam.simulate` does, three fields fit only where rates
are far below 1. `simulate_uniform_field` simulates fields by the law assumed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.errors import GeometryError, OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.rows import run_over_rows
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.stream import Progress, Span, SpikeStream

Rates = npt.NDArray[np.float64]

# Largest ratio of rates over a field: a lens falls off to the corners, scenes vary more. Tiles in
# pixels, of which medians are compared.
_MAX_UNEVENNESS, _MAX_DARK_UNEVENNESS, _TILE_PIXELS = 1.6, 2.0, 25
# Fewest spikes of a pixel in the dark field for which its uniformity is checked.
_MIN_DARK_SPIKES = 8
# Largest drift of the light within a field.
_MAX_DRIFT = 0.1
# Fewest spikes of the median pixel in the bright field: below, gains are noise.
_MIN_BRIGHT_SPIKES = 20
# Largest ratio of the gains measured by two fields.
_MAX_GAIN_RATIO = 1.15


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
        OptionError: fields that are not uniform, drift, or do not rise in brightness, that were
            flipped, rotated or cropped, or a number of fields or illuminances that does not fit.
        GeometryError: fields of different sizes.
    """
    if len(fields) not in (1, 3):
        raise OptionError(
            f"a calibration takes three fields, dark, middle and bright, or one; not {len(fields)}"
        )
    if any(stream.orientations for stream in fields):
        raise OptionError(
            "a fixed pattern is of the sensor's own pixels: calibrate with recordings that are "
            "neither flipped, rotated nor cropped; pictures of those that are take it as well"
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
    rates = [_rates_from_intervals(stream, progress) for stream in fields]
    _check_increasing(rates)
    bright = rates[-1]
    names = ("dark", "middle", "bright")[-len(rates) :]
    for name, rate, stream in zip(names, rates, fields, strict=True):
        # Darkness is uneven by itself, and tells nothing where it hardly fires.
        max_ratio = _MAX_DARK_UNEVENNESS if name == "dark" else _MAX_UNEVENNESS
        if name != "dark" or np.median(rate) * len(stream) > _MIN_DARK_SPIKES:
            _check_uniform(rate, name, max_ratio)
    if np.median(bright) * len(fields[-1]) < _MIN_BRIGHT_SPIKES:
        raise OptionError(
            f"the pixels fire {np.median(bright) * len(fields[-1]):.0f} times in the bright field, "
            "too few to tell them apart; record thousands of frames"
        )
    deviation = _deviation(bright)
    if len(rates) == 3:
        dark, middle = (_deviation(rate) for rate in rates[:2])
        ratio = np.clip(middle / dark, 0, 0.99)
        offset = np.maximum((lux[1] * ratio - lux[0]) / (1 - ratio), 0)
        bright_lux = float(lux[2])
        _check_gains_agree(middle * (lux[1] + offset), deviation * (lux[2] + offset))
    else:
        offset, bright_lux = np.zeros(bright.shape), 1.0
    per_lux = deviation * (bright_lux + offset)
    gain = np.median(per_lux) / per_lux
    return FixedPattern.from_maps(
        offset.astype(np.float32),
        gain.astype(np.float32),
        deviation.astype(np.float32),
        bright_lux,
    )


def _check_gains_agree(middle_gains: Rates, bright_gains: Rates) -> None:
    """Refuse fields whose gains of pixels do not agree. The illuminances are wrong then."""
    gain_ratio = float(np.median(middle_gains / bright_gains))
    if not 1 / _MAX_GAIN_RATIO < gain_ratio < _MAX_GAIN_RATIO:
        raise OptionError(
            "the illuminances do not fit the fields: by the middle one, pixels are "
            f"{gain_ratio:.2f} times as slow as by the bright one, if 1 / rate - 1 falls with "
            "1 / lux; measure both again, or use dimmer fields where the rate grows with the light"
        )


def simulate_uniform_field(
    fpn: FixedPattern, lux: float, frame_count: int, seed: int
) -> SpikeStream:
    """Simulate a recording of a uniform field by a camera with a fixed pattern.

    Args:
        fpn: the camera; its median pixel is the reference.
        lux: illuminance, from 0.
        frame_count: how many.
        seed: of the noise.
    """
    per_lux = float(np.median(fpn.gain * fpn.deviation * (fpn.lux + fpn.offset)))
    light = np.full(fpn.shape, 1 / (1 + per_lux / max(lux, 1e-9)), np.float32)
    return simulate((light for _ in range(frame_count)), "gen2", seed=seed, fpn=fpn)


def _deviation(rates: Rates) -> Rates:
    # A pixel that never fired fires less than once in any recording; one that always does hardly
    # deviates.
    deviation: Rates = np.clip(1 / np.maximum(rates, 1e-9) - 1, 1e-3, 1e9)
    return deviation


def _rates_from_intervals(stream: SpikeStream, progress: Progress[Span]) -> Rates:
    """Firing rate of every pixel (H, W) from its intervals.

    Those from its first spike to its last are used.

    Counting intervals rather than frames is independent of the phases at the recording's ends.
    """
    _, height, width = stream.shape
    statistics = np.zeros((3, height, (width + 7) // 8 * 8), np.int64)
    middle = len(stream) // 2
    if middle < 2:
        raise OptionError(f"a field of {len(stream)} frames is too short; record thousands")
    half_rates: list[float] = []
    for first, last in ((0, middle), (middle, len(stream))):
        earlier_spikes = statistics[0].sum()
        for start, stop in progress(stream[first:last].block_spans()):
            rows = stream.packed_rows(first + start, first + stop)
            run_over_rows(_count_spikes, height, rows, first + start, statistics)
        half_rates.append(
            float(statistics[0].sum() - earlier_spikes) / (last - first) / (height * width)
        )
    if max(half_rates) > 0.01 and max(half_rates) > (1 + _MAX_DRIFT) * min(half_rates):
        raise OptionError(
            f"the light changes within a field: {half_rates[0]:.3g} spikes a frame in its first "
            f"half, {half_rates[1]:.3g} in its second; record it under steady light"
        )
    counts, earliest, latest = statistics[:, :, :width].astype(np.float64)
    intervals = (counts - 1) / np.maximum(latest - earliest, 1)
    rates: Rates = np.where(counts >= 2, intervals, counts / len(stream))
    return rates


@njit(nogil=True, cache=True, error_model="numpy")
def _count_spikes(rows, start, statistics, first_row, last_row):  # type: ignore[no-untyped-def]
    for row in range(first_row, last_row):
        for t in range(len(rows)):
            for k in range(rows.shape[2]):
                spikes = rows[t, row, k]
                bit = 0
                while spikes:
                    if spikes & 1:
                        column = 8 * k + bit
                        if statistics[0, row, column] == 0:
                            statistics[1, row, column] = start + t
                        statistics[0, row, column] += 1
                        statistics[2, row, column] = start + t
                    spikes >>= 1
                    bit += 1


def _check_increasing(rates: Sequence[Rates]) -> None:
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


def _check_uniform(rates: Rates, name: str, max_ratio: float) -> None:
    tiles = [
        np.median(rates[top : top + _TILE_PIXELS, left : left + _TILE_PIXELS])
        for top in range(0, rates.shape[0], _TILE_PIXELS)
        for left in range(0, rates.shape[1], _TILE_PIXELS)
    ]
    low, high = np.percentile(tiles, [5, 95])
    if high > max_ratio * max(low, 1e-9):
        raise OptionError(
            f"the {name} field is not uniform: its parts fire at {low:.3g} to {high:.3g} of all "
            "frames; record an evenly lit surface, out of focus"
        )

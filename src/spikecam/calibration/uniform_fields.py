"""Calibration of the fixed pattern from recordings of uniform fields.

Three fields of illuminance L_1 < L_2 < L_3, the first one usually dark (supplement of "Seeing
Through Blur", Eq. 9-12), D_k = 1 / I_k - d being a pixel's deviation in field k:

    r = D_2 / D_1,    f_o = (L_2 r - L_1) / (1 - r)
    f_t = K_reference / K,    K = D_3 (L_3 + f_o)

or one field alone (Eq. 13): no offset, and a gain of D_reference / D. The reference is the median
pixel, so that correction leaves the brightness of a picture as it is.

The law of the sensor (`spikecam.fixed_pattern`) has d = 1 dead frames an interval, as published, or
none; three fields show which (`spikecam.calibration.sensor_law`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numba import njit

from spikecam.calibration.sensor_law import Rates, fit_one_field, fit_three_fields
from spikecam.errors import GeometryError, OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.rows import run_over_rows
from spikecam.sensor.integrate_and_fire import simulate
from spikecam.stream import Progress, Span, SpikeStream

# Largest ratio of rates over a field: a lens falls off to the corners, scenes vary more. Tiles in
# pixels, of which medians are compared.
_MAX_UNEVENNESS, _MAX_DARK_UNEVENNESS, _TILE_PIXELS = 1.6, 2.0, 25
# Fewest spikes of a pixel in the dark field for which its uniformity is checked.
_MIN_DARK_SPIKES = 8
# Largest drift of the light within a field.
_MAX_DRIFT = 0.1
# Fewest spikes of the median pixel in the bright field: below, gains are noise.
_MIN_BRIGHT_SPIKES = 20


def calibrate_fpn(
    fields: Sequence[SpikeStream],
    lux: Sequence[float] | None = None,
    *,
    dead_frame: bool | None = None,
    progress: Progress[Span] = iter,
) -> FixedPattern:
    """Calibrate a camera from its recordings of a uniform surface.

    Args:
        fields: a dark, a middle and a bright recording, or a single bright one. Thousands of
            frames each (20,000 in the measurements of the field); more is more exact.
        lux: the illuminance of each of three fields, on any linear scale; dark may be 0.
        dead_frame: the camera's law: whether its pixels collect no light in the frame of their
            reset. By default three fields decide, and one field is taken to be of such a camera.
        progress: wraps the spans of each recording that are read one after another.

    Returns:
        The fixed pattern, with dead and stuck pixels marked.

    Raises:
        OptionError: fields that are not uniform, drift, do not rise in brightness, follow neither
            law, or were flipped, rotated or cropped, or a number of fields or illuminances that
            does not fit.
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
    if len(rates) == 3:
        return fit_three_fields(rates, lux, dead_frame)
    return fit_one_field(bright, dead_frame is not False)


def simulate_uniform_field(
    fpn: FixedPattern, lux: float, frame_count: int, seed: int
) -> SpikeStream:
    """Simulate a recording of a uniform field by a camera with a fixed pattern, by its law.

    Args:
        fpn: the camera; its median pixel is the reference.
        lux: illuminance, from 0.
        frame_count: how many.
        seed: of the noise.
    """
    per_lux = float(np.median(fpn.gain * fpn.deviation * (fpn.lux + fpn.offset)))
    light = np.full(fpn.shape, 1 / (int(fpn.dead_frame) + per_lux / max(lux, 1e-9)), np.float32)
    np.minimum(light, 1, out=light)
    return simulate((light for _ in range(frame_count)), "gen2", seed=seed, fpn=fpn)


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

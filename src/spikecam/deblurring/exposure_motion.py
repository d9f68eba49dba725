"""Motion during the exposure of a blurry picture, and light gathered along it.

The paths of light (`spikecam.reconstruction.motion_paths`) around a moment are fitted to optical
flow between short exposures of the spikes. Times are in the units of `RefinerInputConfig`, so that
neither the frame rate nor the length of the exposure matters.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.networks.configs.refiner import ALIGNED_MAPS
from spikecam.reconstruction.aligned_rates import is_inside
from spikecam.reconstruction.brightness import brightness_ratio
from spikecam.reconstruction.exposure_flows import flow_levels, flows_from_reference
from spikecam.reconstruction.motion_paths import (
    PATH_DEGREE,
    MotionPaths,
    fit_motion_paths,
    sample_picture,
)

# Units from a short exposure for optical flow to the next, and units of each.
_KEY_STEP, _KEY_UNITS = 16, 11
# Smallest rate that becomes white for optical flow.
_MIN_WHITE_RATE = 1e-6
# Change of the logarithm of brightness that is taken for none.
_MIN_CHANGE = 0.2


class ExposureMotion:
    """Paths of light during one exposure.

    Args:
        ratios: of the recording, with the encoding of the picture.
    """

    def __init__(self, ratios: LogRateRatios) -> None:
        self.ratios = ratios
        config, unit = ratios.config, ratios.unit
        self.start = ratios.first + ratios.start
        white = float(np.quantile(ratios.brightness, config.white_quantile))
        gain = 255 / max(white, _MIN_WHITE_RATE)
        # Key moments in steps from the start of the exposure, whose windows the recording holds.
        margin = config.margin // _KEY_STEP
        numbers = np.arange(-margin, config.exposure_units // _KEY_STEP + margin + 1)
        middles, half = self.start + _KEY_STEP * unit * numbers, _KEY_UNITS / 2 * unit
        last = ratios.first + len(ratios.part)
        complete = (middles - half >= 0) & (middles + half <= last)
        inside = (numbers >= 0) & (numbers <= config.exposure_units // _KEY_STEP)
        usable = complete | inside
        numbers, middles = numbers[usable], middles[usable]
        windows = np.stack([middles - half, middles + half]).astype(np.float64)
        rates = ratios.encode_rates(ratios.rates(*windows))
        self._levels = {
            int(number): flow_levels(rate, gain, config.flow_blur)
            for number, rate in zip(numbers, rates, strict=True)
        }
        self._reference: int | None = None
        self._reference_paths: MotionPaths | None = None

    def paths(self, frame: float) -> MotionPaths:
        """Paths of the light that is at each pixel in the middle of a frame; times in units."""
        time = (frame + 0.5 - self.start) / self.ratios.unit
        number = min(self._levels, key=lambda number: abs(_KEY_STEP * number - time))
        if number != self._reference or self._reference_paths is None:
            levels = {_KEY_STEP * (n - number): levels for n, levels in self._levels.items()}
            self._reference_paths = fit_motion_paths(flows_from_reference(levels), PATH_DEGREE)
            self._reference = number
        return self._reference_paths.moved_to(time - _KEY_STEP * number)

    def aligned_log_ratios(self, frame: int, paths: MotionPaths) -> Maps:
        """Log ratios of light that is aligned with a frame along its paths, (4, H, W).

        That of the nearest moments, of moments before, of moments after, and of all.
        """
        config, ratios = self.ratios.config, self.ratios
        numbers = np.arange(-config.aligned_windows, config.aligned_windows + 1)
        edges = np.stack([numbers - 0.5, numbers + 0.5]) * (config.aligned_units * ratios.unit)
        reach = np.array([ratios.first, ratios.first + len(ratios.part)]) - (frame + 0.5)
        starts, stops = np.clip(edges, *reach)
        numbers, starts, stops = (part[stops > starts] for part in (numbers, starts, stops))
        rates = ratios.rates(frame + 0.5 + starts, frame + 0.5 + stops)
        places = [
            paths.grid + paths.displacement(middle / ratios.unit) for middle in (starts + stops) / 2
        ]
        aligned = np.stack(list(map(sample_picture, rates, places)))
        aligned /= _brightness(aligned, numbers)[:, None, None]
        charges, frames = np.zeros((2, ALIGNED_MAPS, *paths.shape), np.float32)
        for number, length, rate, place in zip(
            numbers, stops - starts, aligned, places, strict=True
        ):
            group = 0 if abs(number) <= config.near_windows else 1 if number < 0 else 2
            weight = np.float32(length) * is_inside(place)
            charges[group] += weight * rate
            frames[group] += weight
        charges[3], frames[3] = charges[:3].sum(axis=0), frames[:3].sum(axis=0)
        priors = [config.prior] * 3 + [config.sdm_prior]
        return ratios.log_ratios_of_charges(charges, frames, priors)


def _brightness(rates: Maps, numbers: npt.NDArray[np.int_]) -> npt.NDArray[np.float32]:
    """Brightness of aligned windows over that of window 0, (K,), as lamps change it."""
    (reference,) = rates[numbers == 0]
    ratios = np.array([brightness_ratio(rate, reference) for rate in rates], np.float32)
    return ratios if np.ptp(np.log(ratios)) > _MIN_CHANGE else np.ones_like(ratios)

"""Motion during the exposure of a blurry picture, and light gathered along it.

The paths of light (`spikecam.reconstruction.motion_paths`) around a moment are fitted to optical
flow between short exposures of the spikes. Times are in the units of `RefinerInputConfig`, so that
neither the frame rate nor the length of the exposure matters.
"""

from __future__ import annotations

import numpy as np

from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.networks.configs.refiner import ALIGNED_MAPS
from spikecam.reconstruction.aligned_rates import is_inside
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
        middles, numbers = (values[complete | inside] for values in (middles, numbers))
        rates = ratios.encode_rates(ratios.rates(middles - half, middles + half))
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
        charges, frames = np.zeros((2, ALIGNED_MAPS, *paths.shape), np.float32)
        for number, start, stop, rate in zip(numbers, starts, stops, rates, strict=True):
            group = 0 if abs(number) <= config.near_windows else 1 if number < 0 else 2
            places = paths.grid + paths.displacement((start + stop) / 2 / ratios.unit)
            weight = np.float32(stop - start) * is_inside(places)
            charges[group] += weight * sample_picture(rate, places)
            frames[group] += weight
        charges[3], frames[3] = charges[:3].sum(axis=0), frames[:3].sum(axis=0)
        priors = [config.prior] * 3 + [config.sdm_prior]
        return ratios.log_ratios_of_charges(charges, frames, priors)

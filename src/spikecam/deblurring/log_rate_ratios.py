"""Threshold-independent log ratios of firing rates in short and long windows.

    log((N' + p) / (R T' + p)),    R = N / T

with N' thresholds of charge in a window of T' frames and N in the T frames of the exposure, as in
SDM (SpikeReveal, Eq. 8), under a prior of p thresholds. Where a recording does not reach, a window
is cut; where nothing is left of it, its ratio is 1. Beside an encoded picture, a ratio r of light L
becomes the ratio of encoded values,

    log(E(L r) / E(L)),    E(0) = 0, E(1) = 1

so that a network sees ratios of the values that it corrects, whatever their encoding. Lengths of
windows are shares of the exposure (see `RefinerInputConfig`), so that neither the frame rate nor
the length of the exposure matters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.deblurring.rolling_shutter import MIN_ROW_EXPOSURE, row_delays
from spikecam.encoding import Encoding
from spikecam.fixed_pattern import FixedPattern
from spikecam.networks.configs.refiner import RefinerInputConfig
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.resources import check_memory
from spikecam.rows import run_over_rows
from spikecam.stream import Span, SpikeStream

Maps = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]

# The charge at every frame is kept where it takes no more memory than this.
_CACHE_BYTES = 128 << 20
# Light below which all is black, and logarithms of light of which the encoding is a table.
_MIN_LIGHT = 1e-3
_LOG_LIGHT_RANGE, _LOG_LIGHT_KNOTS = (-16.0, 8.0), 4097


class LogRateRatios:
    """Maps of log ratios of firing rates for one recording and exposure, as input of the refiner.

    Args:
        stream: the recording.
        exposure: frames (start, stop) of the blurry picture.
        config: windows and priors, those of the network's weights.
        fpn: the spike camera's fixed pattern.
        readout: frames from the exposure of the first row of the picture to that of the last.
        masked_pixels: pixels, (H, W), whose spikes are not used: they are taken to collect the mean
            of the eight pixels around them, none of which is masked.
        cache_bytes: memory up to which the charge at every frame is kept; else what each map needs
            is read again.

    Attributes:
        rate: firing rate in the exposure, (H, W), float32.
        brightness: the same, encoded as the picture is where `set_encoding` was called.
    """

    def __init__(
        self,
        stream: SpikeStream,
        exposure: Span,
        config: RefinerInputConfig | None = None,
        *,
        fpn: FixedPattern | None = None,
        readout: float = 0.0,
        masked_pixels: npt.NDArray[np.bool_] | None = None,
        cache_bytes: int = _CACHE_BYTES,
    ) -> None:
        start, stop = exposure
        self.config = config or RefinerInputConfig()
        self.unit = (stop - start) / self.config.exposure_units
        self.readout = readout
        reach = math.ceil(self.config.window_edges[-1] * self.unit + abs(readout))
        self.first = max(0, start - reach)
        self.part = stream[self.first : min(len(stream), stop + reach)]
        self.start, self.stop = start - self.first, stop - self.first
        self.fpn, self.masked_pixels = fpn, masked_pixels
        self._charge_at_frames = None
        # A rolling shutter needs the charge at other times in every row.
        size = 4 * (len(self.part) + 1) * stream.height * stream.width
        if readout:
            check_memory(size, "undoing a rolling shutter", "choose a shorter exposure")
        if readout or size <= cache_bytes:
            self._charge_at_frames = self._charge_at_times(np.arange(len(self.part) + 1))
        self.delays = row_delays(stream.height, readout) if readout else np.zeros(1)
        if readout:
            ends = np.array([[self.start], [self.stop]]) + self.delays
            ends = np.clip(ends, 0, len(self.part))
            begin, end = self._charges_of_rows(ends)
            # Rows are exposed for less time where the recording ends.
            lengths = np.maximum(ends[1] - ends[0], MIN_ROW_EXPOSURE).astype(np.float32)
            self.rate = (end - begin) / lengths[:, None]
        else:
            begin, end = self._charge_at_times(np.array([self.start, self.stop]))
            self.rate = (end - begin) / np.float32(stop - start)
        self.brightness = self.rate
        self._log_light: Maps | None = None
        self._log_values: Maps | None = None
        self._encoding: tuple[Encoding, np.float32] | None = None

    def set_encoding(self, encoding: Encoding, white_rate: float) -> None:
        """Set the encoding of the values whose ratios are given.

        Args:
            encoding: of the blurry picture.
            white_rate: firing rate of light that is white in it.
        """
        if encoding.is_linear:
            self.brightness, self._log_light, self._log_values = self.rate, None, None
            self._encoding = None
            return
        self._encoding = encoding, np.float32(white_rate)
        light = np.maximum(self.rate / np.float32(white_rate), np.float32(_MIN_LIGHT))
        self.brightness = encoding.encode(light) * np.float32(white_rate)
        self._log_light = np.log(light)
        knots = np.linspace(*_LOG_LIGHT_RANGE, _LOG_LIGHT_KNOTS)
        self._log_values = np.log(encoding.encode(np.exp(knots)))

    def exposure_log_ratios(self) -> Maps:
        """Log ratios of the parts of the exposure, (``config.exposure_maps``, H, W).

        The ratios of its equal parts, of the margin before it and of that after it; last the
        logarithm of the thresholds collected in it, by which the others can be trusted.
        """
        config, margin = self.config, self.config.margin * self.unit
        edges = np.linspace(self.start, self.stop, config.exposure_parts + 1)
        edges = np.concatenate([[self.start - margin], edges, [self.stop + margin]])
        edges = edges[:, None] + self.delays
        maps = self._log_ratios(edges[:-1], edges[1:], np.full(len(edges) - 1, config.prior))
        maps[-1] = np.log(self.rate * (self.stop - self.start) + np.float32(0.5))
        return maps

    def frame_log_ratios(self, frame: int) -> Maps:
        """Log ratios of windows around a frame, (``config.moment_maps``, H, W).

        The ratios of windows around it, from the earliest on; how far through the exposure it is,
        from -0.5 to 0.5; and last SDM's own ratio.
        """
        config, half_edges = self.config, np.array(self.config.window_edges)
        middle = frame - self.first + 0.5
        edges = middle + self.unit * np.concatenate([-half_edges[::-1], half_edges])
        half = self.unit * (config.sdm_window / 2)
        maps = self._log_ratios(
            np.array([*edges[:-1], 0, middle - half])[:, None],
            np.array([*edges[1:], 0, middle + half])[:, None],
            np.array([config.prior] * len(edges) + [config.sdm_prior]),
            extra_empty_maps=0,
        )
        place = (middle - self.start - self.delays) / (self.stop - self.start) - 0.5
        maps[-2] = place[:, None]
        return maps

    def log_sdm_ratio(self, frame: int) -> Maps:
        """Logarithm of the ratio by which SDM multiplies the blurry picture at a frame, (H, W)."""
        middle, half = frame - self.first + 0.5, self.unit * (self.config.sdm_window / 2)
        edges = np.array([[middle - half]]), np.array([[middle + half]])
        ratio: Maps = self._log_ratios(
            *edges, np.array([self.config.sdm_prior]), extra_empty_maps=0
        )[0]
        return ratio

    def rates(self, starts: Times, stops: Times) -> Maps:
        """Firing rates in windows (K, H, W), of light, without a prior.

        Args:
            starts, stops: of the windows in frames of the recording, (K,). What lies outside the
                recording is cut off; where nothing is left, the rate is that of the exposure.
        """
        edges = np.stack([starts, stops])[..., None] - self.first + self.delays
        edges = np.clip(edges, 0, len(self.part))
        begin, end = np.split(self._charges_of_rows(edges.reshape(-1, edges.shape[2])), 2)
        widths = np.diff(edges, axis=0)[0][..., None].astype(np.float32)
        rates = np.where(widths > 0, (end - begin) / np.maximum(widths, 1e-6), self.rate)
        return rates if self.fpn is None else self.fpn.fill_bad_pixels(rates)

    def log_ratios_of_charges(self, charges: Maps, frames: Maps, priors: npt.ArrayLike) -> Maps:
        """Log ratios of charges that were collected in some frames, under priors.

        Args:
            charges: (K, H, W) in thresholds.
            frames: (K, H, W).
            priors: (K,).
        """
        prior = np.asarray(priors, np.float32)[:, None, None]
        maps: Maps = np.log((np.maximum(charges, 0) + prior) / (self.rate * frames + prior))
        return self._encode(maps)

    def encode_rates(self, rates: Maps) -> Maps:
        """Firing rates (..., H, W) of light as the picture is encoded; see `set_encoding`."""
        if self._encoding is None:
            return rates
        encoding, white_rate = self._encoding
        return encoding.encode(np.maximum(rates / white_rate, 0)) * white_rate

    def _encode(self, maps: Maps) -> Maps:
        """Encode log ratios of light (K, H, W) in place."""
        if self._log_light is not None:
            run_over_rows(
                _encode_ratios,
                len(self.rate),
                maps,
                self._log_light,
                self._log_values,
                _LOG_LIGHT_RANGE,
            )
        return maps

    def _log_ratios(
        self, starts: Times, stops: Times, priors: Times, *, extra_empty_maps: int = 1
    ) -> Maps:
        """Log ratios of firing rates in windows, (K, 1), or (K, H) with times of each row.

        Room for ``extra_empty_maps`` maps follows, for the caller to fill.
        """
        charges, indices, fractions = self._charges_indices_fractions(
            np.concatenate([starts, stops])
        )
        widths = np.diff(np.clip([starts, stops], 0, len(self.part)), axis=0)[0]
        maps = np.empty((len(starts) + extra_empty_maps, *self.rate.shape), np.float32)
        count = len(starts)
        run_over_rows(
            _accumulate,
            len(self.rate),
            charges,
            (indices[:count], indices[count:]),
            (fractions[:count], fractions[count:]),
            widths.astype(np.float32),
            priors.astype(np.float32),
            self.rate,
            maps,
        )
        self._encode(maps[:count])
        return maps if self.fpn is None else self.fpn.fill_bad_pixels(maps)

    def _charges_indices_fractions(self, edges: Times) -> tuple[Maps, npt.NDArray[np.intp], Maps]:
        """Charges (K, H, W), and the indices and fractions that interpolate them at the edges."""
        times = np.clip(edges, 0, len(self.part))
        if self._charge_at_frames is None:
            unique_times, indices = np.unique(times, return_inverse=True)
            charges = self._charge_at_times(unique_times)
            return charges, indices.reshape(times.shape), np.zeros(times.shape, np.float32)
        # Exact: spikes end frames, and between two of them charge rises along a line.
        whole = np.minimum(times.astype(np.intp), len(self.part) - 1)
        return self._charge_at_frames, whole, (times - whole).astype(np.float32)

    def _charges_of_rows(self, edges: Times) -> Maps:
        """Charges at edges (K, 1), or (K, H) with times of each row: (K, H, W)."""
        charges, indices, fractions = self._charges_indices_fractions(edges)
        rows = np.arange(self.part.height)
        before = charges[indices, rows]
        after = charges[np.minimum(indices + 1, len(charges) - 1), rows]
        interpolated: Maps = before + fractions[..., None] * (after - before)
        return interpolated

    def _charge_at_times(self, times: npt.NDArray[Any]) -> Maps:
        charges = cumulative_charge(self.part, times, fpn=self.fpn)
        if self.masked_pixels is not None:
            rows, columns = np.nonzero(self.masked_pixels)
            padded = np.pad(charges, ((0, 0), (1, 1), (1, 1)), mode="edge")
            neighbours = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
            charges[:, rows, columns] = np.mean(
                [padded[:, rows + y, columns + x] for y, x in neighbours], axis=0
            )
        return charges


@njit(nogil=True, cache=True, error_model="numpy")
def _accumulate(  # type: ignore[no-untyped-def]
    charges, indices, fractions, widths, priors, rate, maps, first_row, last_row
):
    last = len(charges) - 1
    own_times = indices[0].shape[1] > 1
    for row in range(first_row, last_row):
        k = row if own_times else 0
        for w in range(len(widths)):
            i, j = indices[0][w, k], indices[1][w, k]
            fraction_i, fraction_j = fractions[0][w, k], fractions[1][w, k]
            begin, after_begin = charges[i, row], charges[min(i + 1, last), row]
            end, after_end = charges[j, row], charges[min(j + 1, last), row]
            out, prior, width = maps[w, row], priors[w], widths[w, k]
            for c in range(rate.shape[1]):
                charge = end[c] + fraction_j * (after_end[c] - end[c])
                charge -= begin[c] + fraction_i * (after_begin[c] - begin[c])
                expected = rate[row, c] * width
                out[c] = np.log((max(charge, np.float32(0)) + prior) / (expected + prior))


@njit(nogil=True, cache=True, error_model="numpy")
def _encode_ratios(maps, log_light, log_values, log_light_range, first_row, last_row):  # type: ignore[no-untyped-def]
    low, high = np.float32(log_light_range[0]), np.float32(log_light_range[1])
    last = len(log_values) - 1
    scale = np.float32(last) / (high - low)
    for row in range(first_row, last_row):
        for c in range(log_light.shape[1]):
            start = (log_light[row, c] - low) * scale
            i = min(max(int(start), 0), last - 1)
            before = log_values[i] + (start - i) * (log_values[i + 1] - log_values[i])
            for w in range(len(maps)):
                position = start + maps[w, row, c] * scale
                j = min(max(int(position), 0), last - 1)
                after = log_values[j] + (position - j) * (log_values[j + 1] - log_values[j])
                maps[w, row, c] = after - before

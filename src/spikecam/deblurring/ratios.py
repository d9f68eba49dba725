"""What a network is told of the spikes: ratios of short to long exposures, free of the threshold.

    log((N' + p) / (R T' + p)),    R = N / T

with N' thresholds of charge in a window of T' frames and N in the T frames of the exposure, as in
SDM (SpikeReveal, Eq. 8), under a prior of p thresholds. Where a recording does not reach, a window
is cut; where nothing is left of it, its ratio is 1. Windows are as long as their share of the
exposure, so that neither the frame rate nor the length of the exposure matters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.deblurring.methods.sdm import PRIOR, WINDOW
from spikecam.fixed_pattern import FixedPattern
from spikecam.reconstruction.cumulated import cumulated_charge
from spikecam.rows import over_rows
from spikecam.stream import Span, SpikeStream

Maps = npt.NDArray[np.float32]
Moments = npt.NDArray[np.float64]

# Frames of an exposure, and before and after it, that the networks were trained with.
REFERENCE_EXPOSURE, REFERENCE_MARGIN = 97, 20
# Windows around a moment: half of the middle one, then the edges further out, in 97ths of the
# exposure, as everything here. The last reaches from one end of the exposure past the other.
_EDGES = np.array([2.5, 6.5, 11.5, 18.5, 27.5, 39.5, 55.5, 77.5, 116.5])
# Windows that the exposure is divided into.
_PARTS = 16
# Half of SDM's own window, and the prior of all others.
_SDM_HALF, _PRIOR = WINDOW / 2, 0.1

# The charge at every frame is kept where it takes no more memory than this.
_HELD_BYTES = 128 << 20

EXPOSURE_MAPS = _PARTS + 3
MOMENT_MAPS = 2 * len(_EDGES) + 1


class Ratios:
    """The ratios of one recording and exposure.

    Args:
        stream: the recording.
        exposure: frames (start, stop) of the blurry picture.
        fpn: the spike camera's fixed pattern.
        hidden: pixels, (H, W), whose spikes are not looked at: they are taken to collect the mean
            of the eight pixels around them, none of which is hidden.
    """

    def __init__(
        self,
        stream: SpikeStream,
        exposure: Span,
        *,
        fpn: FixedPattern | None = None,
        hidden: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        start, stop = exposure
        self.unit = (stop - start) / REFERENCE_EXPOSURE
        reach = math.ceil(_EDGES[-1] * self.unit)
        self.first = max(0, start - reach)
        self.part = stream[self.first : min(len(stream), stop + reach)]
        self.start, self.stop = start - self.first, stop - self.first
        self.fpn, self.hidden = fpn, hidden
        self._held = None
        if 4 * (len(self.part) + 1) * stream.height * stream.width <= _HELD_BYTES:
            self._held = self._cumulated(np.arange(len(self.part) + 1))
        begin, end = self._cumulated(np.array([self.start, self.stop]))
        self.rate = (end - begin) / np.float32(stop - start)

    def exposure(self) -> Maps:
        """Maps of the whole exposure, (`EXPOSURE_MAPS`, H, W).

        The ratios of its sixteenths, of 20/97 before it and as long after it; last the logarithm
        of the thresholds collected in it, which tells how far the others can be trusted.
        """
        margin = REFERENCE_MARGIN * self.unit
        edges = np.linspace(self.start, self.stop, _PARTS + 1)
        edges = np.concatenate([[self.start - margin], edges, [self.stop + margin]])
        maps = self._logarithms(edges[:-1], edges[1:], np.full(len(edges) - 1, _PRIOR))
        maps[-1] = np.log(self.rate * (self.stop - self.start) + np.float32(0.5))
        return maps

    def moment(self, frame: int) -> Maps:
        """Maps of a frame, (`MOMENT_MAPS`, H, W).

        The ratios of windows around it, from the earliest on; how far through the exposure it is,
        from -0.5 to 0.5; and last SDM's own ratio.
        """
        middle = frame - self.first + 0.5
        edges = middle + self.unit * np.concatenate([-_EDGES[::-1], _EDGES])
        half = self.unit * _SDM_HALF
        maps = self._logarithms(
            np.array([*edges[:-1], 0, middle - half]),
            np.array([*edges[1:], 0, middle + half]),
            np.array([_PRIOR] * len(edges) + [PRIOR]),
            spare=0,
        )
        maps[-2] = (middle - self.start) / (self.stop - self.start) - 0.5
        return maps

    def sdm(self, frame: int) -> Maps:
        """The logarithm of SDM's own ratio for a frame, (H, W)."""
        middle, half = frame - self.first + 0.5, self.unit * _SDM_HALF
        edges = np.array([middle - half]), np.array([middle + half])
        ratio: Maps = self._logarithms(*edges, np.array([PRIOR]), spare=0)[0]
        return ratio

    def _logarithms(
        self, starts: Moments, stops: Moments, priors: Moments, *, spare: int = 1
    ) -> Maps:
        """Logarithms of the ratios in windows, with room for ``spare`` more maps at the end."""
        charges, places, shares = self._charges(np.concatenate([starts, stops]))
        widths = np.diff(np.clip([starts, stops], 0, len(self.part)), axis=0)[0]
        maps = np.empty((len(starts) + spare, *self.rate.shape), np.float32)
        count = len(starts)
        over_rows(
            _take,
            len(self.rate),
            charges,
            (places[:count], places[count:]),
            (shares[:count], shares[count:]),
            widths.astype(np.float32),
            priors.astype(np.float32),
            self.rate,
            maps,
        )
        return maps if self.fpn is None else self.fpn.fill(maps)

    def _charges(self, edges: Moments) -> tuple[Maps, npt.NDArray[np.intp], Maps]:
        """Charges (K, H, W), and for every edge between which two of them it lies, and how far."""
        times = np.clip(edges, 0, len(self.part))
        if self._held is None:
            known, places = np.unique(times, return_inverse=True)
            charges = self._cumulated(known)
            return charges, places, np.zeros(len(times), np.float32)
        # Exact: spikes end frames, and between two of them charge rises along a line.
        whole = np.minimum(times.astype(np.intp), len(self.part) - 1)
        return self._held, whole, (times - whole).astype(np.float32)

    def _cumulated(self, times: npt.NDArray[Any]) -> Maps:
        charges = cumulated_charge(self.part, times, fpn=self.fpn)
        if self.hidden is not None:
            rows, columns = np.nonzero(self.hidden)
            wide = np.pad(charges, ((0, 0), (1, 1), (1, 1)), mode="edge")
            around = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
            charges[:, rows, columns] = np.mean(
                [wide[:, rows + y, columns + x] for y, x in around], axis=0
            )
        return charges


@njit(nogil=True, cache=True, error_model="numpy")
def _take(  # type: ignore[no-untyped-def]
    charges, places, shares, widths, priors, rate, maps, first_row, last_row
):
    last = len(charges) - 1
    for row in range(first_row, last_row):
        for w in range(len(widths)):
            i, j = places[0][w], places[1][w]
            part_i, part_j = shares[0][w], shares[1][w]
            begin, after_begin = charges[i, row], charges[min(i + 1, last), row]
            end, after_end = charges[j, row], charges[min(j + 1, last), row]
            out, prior, width = maps[w, row], priors[w], widths[w]
            for c in range(rate.shape[1]):
                seen = end[c] + part_j * (after_end[c] - end[c])
                seen -= begin[c] + part_i * (after_begin[c] - begin[c])
                expected = rate[row, c] * width
                out[c] = np.log((max(seen, np.float32(0)) + prior) / (expected + prior))

"""What a network is told of the spikes: ratios of short to long exposures, free of the threshold.

    log((N' + p) / (R T' + p)),    R = N / T

with N' thresholds of charge in a window of T' frames and N in the T frames of the exposure, as in
SDM (SpikeReveal, Eq. 8), under a prior of p thresholds. Where a recording does not reach, a window
is cut; where nothing is left of it, its ratio is 1. Windows are as long as their share of the
exposure, so that neither the frame rate nor the length of the exposure matters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spikecam.camera.exposure import LENGTH, MARGIN
from spikecam.camera.fixed_pattern import FixedPattern
from spikecam.reconstruction.cumulated import cumulated_charge
from spikecam.stream import Span, SpikeStream

Maps = npt.NDArray[np.float32]

# Windows around a moment: half of the middle one, then the edges further out, in 97ths of the
# exposure, as everything here. The last reaches from one end of the exposure past the other.
_EDGES = np.array([2.5, 6.5, 11.5, 18.5, 27.5, 39.5, 55.5, 77.5, 116.5])
# Windows that the exposure is divided into.
_PARTS = 16
# SDM's own window and prior (see `spikecam.deblurring.sdm`), and the prior of all others.
_SDM_HALF, _SDM_PRIOR, _PRIOR = 8.5, 0.2, 0.1

EXPOSURE_MAPS = _PARTS + 3
MOMENT_MAPS = 2 * len(_EDGES) + 1


class Ratios:
    """The ratios of one recording and exposure.

    Args:
        stream: the recording.
        exposure: frames (start, stop) of the blurry picture.
        fpn: the spike camera's fixed pattern.
    """

    def __init__(
        self, stream: SpikeStream, exposure: Span, *, fpn: FixedPattern | None = None
    ) -> None:
        start, stop = exposure
        self.unit = (stop - start) / LENGTH
        reach = math.ceil(_EDGES[-1] * self.unit)
        self.first = max(0, start - reach)
        self.part = stream[self.first : min(len(stream), stop + reach)]
        self.start, self.stop, self.fpn = start - self.first, stop - self.first, fpn
        (collected,) = self._collected([self.start, self.stop])[0]
        self.rate = collected / (stop - start)

    def exposure(self) -> Maps:
        """Maps of the whole exposure, (`EXPOSURE_MAPS`, H, W).

        The ratios of its sixteenths, of 20/97 before it and as long after it; last the logarithm
        of the thresholds collected in it, which tells how far the others can be trusted.
        """
        margin = MARGIN * self.unit
        edges = np.linspace(self.start, self.stop, _PARTS + 1)
        edges = np.concatenate([[self.start - margin], edges, [self.stop + margin]])
        charges, widths = self._collected(edges)
        total = np.log(self.rate * (self.stop - self.start) + 0.5)[None]
        return np.concatenate([self._logarithms(charges, widths, _PRIOR), total])

    def moment(self, frame: int) -> Maps:
        """Maps of a frame, (`MOMENT_MAPS`, H, W).

        The ratios of windows around it, from the earliest on; how far through the exposure it is,
        from -0.5 to 0.5; and last SDM's own ratio.
        """
        middle = frame - self.first + 0.5
        half = np.append(_EDGES, _SDM_HALF)
        edges = np.sort(middle + self.unit * np.concatenate([-half, half]))
        charges, widths = self._collected(edges)
        # SDM's two edges divide windows of the others in two.
        first, last = (int(np.searchsorted(edges, middle + sign * self.unit * _SDM_HALF)) for sign in (-1, 1))
        inner = slice(first, last)
        sdm = self._logarithms(
            charges[inner].sum(axis=0, keepdims=True), widths[inner].sum(keepdims=True), _SDM_PRIOR
        )
        starts = np.delete(np.arange(len(charges)), [first, last])
        ratios = self._logarithms(
            np.add.reduceat(charges, starts), np.add.reduceat(widths, starts), _PRIOR
        )
        place = (middle - self.start) / (self.stop - self.start) - 0.5
        return np.concatenate([ratios, np.full_like(sdm, place), sdm])

    def _collected(self, edges: Sequence[float] | npt.NDArray[np.float64]) -> tuple[Maps, Maps]:
        """Charge between neighbouring edges, and how many frames that are."""
        times = np.clip(np.asarray(edges, np.float32), 0, len(self.part))
        charges = cumulated_charge(self.part, times, fpn=self.fpn)
        return np.diff(charges, axis=0).clip(0), np.diff(times)

    def _logarithms(self, charges: Maps, widths: Maps, prior: float) -> Maps:
        expected = self.rate * widths[:, None, None]
        ratios = (charges + np.float32(prior)) / (expected + np.float32(prior))
        if self.fpn is not None:
            self.fpn.fill(ratios)
        return np.log(ratios)

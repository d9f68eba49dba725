"""Gray of a moment from spikes alone, as a log ratio to the exposure, for the refiner.

Blurry picture times ratio has the rows and edges of the blurry picture, which are not those of a
thing that has moved on. What the spikes alone show of the moment has none of them; it is as coarse
as the spikes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.networks.fusion import Fusion
from spikecam.reconstruction.fuse import FrameFusion
from spikecam.stream import SpikeStream
from spikecam.weights.store import load_network


class SpikeGray:
    """Pictures of a recording by the fusion network, around one exposure.

    Args:
        ratios: of the recording; ``config.gray_weights`` names the weights of the network.
        device: where the network runs.
    """

    def __init__(self, ratios: LogRateRatios, device: str = "cpu") -> None:
        self.ratios = ratios
        self.fusion = FrameFusion(_load_fusion(ratios.config.gray_weights, device))
        self.stream = ratios.part
        if ratios.masked_pixels is not None:
            self.stream = _copy_neighbours(self.stream, ratios.masked_pixels)

    def log_ratio(self, frame: int) -> Maps:
        """Log ratio of the gray at a frame to that of the exposure, under SDM's prior, (H, W)."""
        config, ratios = self.ratios.config, self.ratios
        pictures = self.fusion.iter_pictures(self.stream, [frame - ratios.first], ratios.fpn)
        frames = np.full((1, *ratios.rate.shape), config.sdm_window * ratios.unit, np.float32)
        rate = next(pictures)[None]
        log_ratio: Maps = ratios.log_ratios_of_charges(rate * frames, frames, [config.sdm_prior])[0]
        return log_ratio


@lru_cache(maxsize=2)
def _load_fusion(weights: str, device: str) -> Fusion:
    """The network, loaded once for all samples of a training."""
    return load_network(Fusion, weights, device)


def _copy_neighbours(stream: SpikeStream, masked_pixels: npt.NDArray[np.bool_]) -> SpikeStream:
    """The recording with the spikes of the pixel to the left in place of those of masked ones."""
    frames = stream.read(0, len(stream)).copy()
    rows, columns = np.nonzero(masked_pixels)
    frames[:, rows, columns] = frames[:, rows, np.abs(columns - 1)]
    return SpikeStream.from_array(frames)

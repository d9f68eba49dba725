"""Input of the refiner: maps of the spikes, and pictures warped along optical flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.flow_warp import FlowWarp
from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.picture import Picture


class MomentInput(NamedTuple):
    """Input of the refiner for one moment, on the grid of the spikes but for ``levels``.

    Attributes:
        maps: log ratios, (M, H, W).
        levels: pictures of other moments, warped to this one, uint8 (h / 4, w / 4, 64 K); None
            where the network takes none.
        flows: optical flow that leads there, (2 K, H, W); None where the network takes none.
    """

    maps: Maps
    levels: npt.NDArray[np.uint8] | None
    flows: Maps | None


class RefinerInput:
    """Input of a refiner for one blurry picture and its recording, in training and inference.

    Args:
        blur: the blurry picture, (h, w, 3) in [0, 1], h and w multiples of 4.
        ratios: of its recording, by the network's ``input_config``.
        flow_warp: whether the network takes warped pictures, ``RefinerConfig.flow_warp``.
        size: height and width of the part that the spikes cover, where more was added below and
            on the right.
    """

    def __init__(
        self,
        blur: Picture,
        ratios: LogRateRatios,
        *,
        flow_warp: bool = True,
        size: Sequence[int] | None = None,
    ) -> None:
        self.ratios = ratios
        self.flow_warp = FlowWarp(blur, ratios, size) if flow_warp else None

    def exposure(self) -> Maps:
        """Maps of the whole exposure, (E, H, W)."""
        return self.ratios.exposure()

    def moment(self, frame: int) -> MomentInput:
        """Input for one frame."""
        maps = self.ratios.moment(frame)
        if self.flow_warp is None:
            return MomentInput(maps, None, None)
        return MomentInput(maps, *self.flow_warp.warp_to(frame))

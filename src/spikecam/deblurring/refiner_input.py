"""Input of the refiner: maps of the spikes, and pictures warped along optical flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.exposure_motion import ExposureMotion
from spikecam.deblurring.flow_warp import FlowWarp
from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.deblurring.normalised_picture import NormalisedPicture, normalise_picture
from spikecam.deblurring.spike_gray import SpikeGray
from spikecam.picture import Picture


def prepare_picture(picture: BlurryPicture, ratios: LogRateRatios) -> NormalisedPicture:
    """Prepare a blurry picture and the log ratios beside it for the refiner.

    Args:
        picture: the blurry picture, (h, w) or (h, w, 3).
        ratios: of its recording; they become those of its encoding.
    """
    white_rate = picture.white_rate(ratios.rate)
    ratios.set_encoding(picture.encoding, white_rate)
    return normalise_picture(picture, ratios.rate, white_rate)


class RefinerFrameInput(NamedTuple):
    """Input of the refiner for one frame, on the grid of the spikes but for ``levels``.

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
    """Builds the input of a refiner for one blurry picture, in training and inference.

    Args:
        blur: the blurry picture, (h, w, 3) in [0, 1], h and w multiples of 4.
        ratios: of its recording, by the network's ``input_config``.
        flow_warp: whether the network takes warped pictures, ``RefinerConfig.flow_warp``.
        size: height and width of the part that the spikes cover, where more was added below and
            on the right.
        device: where the network of the gray from spikes alone runs.
    """

    def __init__(
        self,
        blur: Picture,
        ratios: LogRateRatios,
        *,
        flow_warp: bool = True,
        size: Sequence[int] | None = None,
        device: str = "cpu",
    ) -> None:
        self.ratios = ratios
        self.flow_warp = FlowWarp(blur, ratios, size) if flow_warp else None
        self.aligned = ratios.config.aligned_windows > 0
        self.motion = ExposureMotion(ratios) if flow_warp or self.aligned else None
        self.gray = SpikeGray(ratios, device) if ratios.config.gray_weights else None

    def exposure_maps(self) -> Maps:
        """Log ratios of the parts of the exposure, (E, H, W)."""
        return self.ratios.exposure_log_ratios()

    def frame_input(self, frame: int) -> RefinerFrameInput:
        """Input for one frame: log ratios around it, warped pictures and optical flow."""
        parts, paths = [self.ratios.frame_log_ratios(frame)], None
        if self.motion is not None:
            paths = self.motion.paths(frame)
            if self.aligned:
                parts.append(self.motion.aligned_log_ratios(frame, paths))
        if self.gray is not None:
            parts.append(self.gray.log_ratio(frame)[None])
        maps = np.concatenate(parts)
        if self.flow_warp is None or paths is None:
            return RefinerFrameInput(maps, None, None)
        return RefinerFrameInput(maps, *self.flow_warp.warp_pictures_and_flow(frame, paths))

"""Pictures of other moments of the exposure, warped to a moment along optical flow.

Where a thing is at some moment, the blurry picture mixes it with what lies before and behind it on
its way. Optical flow between short exposures of the spikes tells that way. The blurry picture is
warped along it from several moments of the exposure, so that motion of any direction and speed
looks the same to a network; and so is SDM's picture of each of these moments, which shows the same
thing with other noise, and at another place between the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.gray import as_gray
from spikecam.networks.refiner import GRID_PIXELS, WARP_CHANNELS, WARP_MOMENTS
from spikecam.picture import Picture
from spikecam.reconstruction.flow_levels import MIN_FLOW_PIXELS, flow_levels

# Smallest rate that becomes white for optical flow.
_MIN_WHITE_RATE = 1e-6


class FlowWarp:
    """Warps one blurry picture along optical flow from `WARP_MOMENTS` moments to any frame.

    Args:
        blur: the blurry picture, (h, w, 3) in [0, 1], h and w multiples of 4.
        ratios: of its recording.
        size: height and width of the part that the spikes cover, where more was added below and
            on the right.
    """

    def __init__(
        self, blur: Picture, ratios: LogRateRatios, size: Sequence[int] | None = None
    ) -> None:
        self.ratios = ratios
        height, width = size or blur.shape[:2]
        self.height, self.width = int(height), int(width)
        length = ratios.stop - ratios.start
        middles = (np.arange(WARP_MOMENTS) + 0.5) * length / WARP_MOMENTS
        self.frames = [int(middle) for middle in ratios.first + ratios.start + middles]
        white = float(np.quantile(ratios.brightness, ratios.config.white_quantile))
        self._gain = 255 / max(white, _MIN_WHITE_RATE)
        self._dis: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._dis.setFinestScale(0)
        gray = as_gray(blur)
        self._short_exposures, self._pictures = [], []
        for frame in self.frames:
            short_exposure, ratio = self._short_exposure_and_ratio(frame)
            upsampled = self._upsample(ratio, gray.shape, cv2.INTER_CUBIC)
            sharp = np.clip(gray * upsampled, 0, 1)[..., None]
            self._short_exposures.append(short_exposure)
            both = np.concatenate([blur, sharp], axis=2)
            self._pictures.append(np.rint(both * np.float32(255)).astype(np.uint8))

    def warp_pictures_and_flow(self, frame: int) -> tuple[npt.NDArray[np.uint8], Maps]:
        """Pictures of all moments warped to a frame, and the optical flow from it to each.

        Returns:
            Pictures in levels, moment after moment, unfolded onto a grid a quarter as fine,
            (h / 4, w / 4, `WARP_MOMENTS` * 16 * `WARP_CHANNELS`), row by row; and the optical flow
            from the frame to each moment, in pixels of that grid, (2 * `WARP_MOMENTS`, H, W), x
            before y.
        """
        short_exposure, _ = self._short_exposure_and_ratio(frame)
        height, width = self._pictures[0].shape[:2]
        rows, columns = short_exposure.shape
        scale = np.array([self.width / columns, self.height / rows], np.float32)
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        channels = WARP_CHANNELS * GRID_PIXELS**2
        grid = height // GRID_PIXELS, width // GRID_PIXELS
        levels = np.empty((*grid, WARP_MOMENTS * channels), np.uint8)
        flows = []
        moments = zip(self._short_exposures, self._pictures, strict=True)
        for k, (other_exposure, picture) in enumerate(moments):
            if min(short_exposure.shape) < MIN_FLOW_PIXELS:
                flow = np.zeros((*short_exposure.shape, 2), np.float32)
            else:
                flow = self._dis.calc(short_exposure, other_exposure, None)
            shift = self._upsample(flow * scale, (height, width), cv2.INTER_LINEAR)
            warped = cv2.remap(
                picture,
                shift[..., 0] + x,
                shift[..., 1] + y,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            blocks = warped.reshape(grid[0], GRID_PIXELS, grid[1], GRID_PIXELS * WARP_CHANNELS)
            part = levels[:, :, k * channels : (k + 1) * channels]
            part.reshape(*grid, GRID_PIXELS, -1)[:] = blocks.transpose(0, 2, 1, 3)
            flows.append((flow * scale / GRID_PIXELS).transpose(2, 0, 1))
        return levels, np.concatenate(flows)

    def _upsample(self, maps: Maps, shape: Sequence[int], interpolation: int) -> Maps:
        """Upsample maps from the grid of the spikes to that of the picture, (h, w, ...)."""
        upsampled = cv2.resize(maps, (self.width, self.height), interpolation=interpolation)
        added = (0, shape[0] - self.height), (0, shape[1] - self.width)
        if not added[0][1] + added[1][1]:
            return np.asarray(upsampled)
        return np.pad(upsampled, (*added, *[(0, 0)] * (upsampled.ndim - 2)), mode="edge")

    def _short_exposure_and_ratio(self, frame: int) -> tuple[npt.NDArray[np.uint8], Maps]:
        """A short exposure and SDM's ratio at a frame.

        The exposure is an 8-bit picture, for optical flow.
        """
        ratios = self.ratios
        ratio = np.exp(ratios.log_sdm_ratio(frame))
        levels = flow_levels(ratio * ratios.brightness, self._gain, ratios.config.flow_blur)
        return levels, ratio

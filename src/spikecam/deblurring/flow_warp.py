"""Pictures of other moments of the exposure, warped to a moment along paths of light.

Where a thing is at some moment, the blurry picture mixes it with what lies before and behind it on
its way, which the paths tell (`spikecam.deblurring.exposure_motion`). The blurry picture is warped
along them from several moments of the exposure, so that motion of any direction and speed looks
the same to a network; and so is SDM's picture of each of these moments, which shows the same thing
with other noise, and at another place between the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.gray import as_gray
from spikecam.networks.refiner import GRID_PIXELS, WARP_CHANNELS, WARP_MOMENTS
from spikecam.picture import Picture
from spikecam.reconstruction.motion_paths import MotionPaths


class FlowWarp:
    """Warps one blurry picture along paths of light from `WARP_MOMENTS` moments to any frame.

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
        gray = as_gray(blur)
        self._pictures = []
        for frame in self.frames:
            ratio = np.exp(ratios.log_sdm_ratio(frame))
            upsampled = self._upsample(ratio, gray.shape, cv2.INTER_CUBIC)
            sharp = np.clip(gray * upsampled, 0, 1)[..., None]
            both = np.concatenate([blur, sharp], axis=2)
            self._pictures.append(np.rint(both * np.float32(255)).astype(np.uint8))

    def warp_pictures_and_flow(
        self, frame: int, paths: MotionPaths
    ) -> tuple[npt.NDArray[np.uint8], Maps]:
        """Pictures of all moments warped to a frame, and the way from it to each.

        Args:
            frame: the frame.
            paths: of the light at the frame, with times in the units of the ratios.

        Returns:
            Pictures in levels, moment after moment, unfolded onto a grid a quarter as fine,
            (h / 4, w / 4, `WARP_MOMENTS` * 16 * `WARP_CHANNELS`), row by row; and the optical flow
            from the frame to each moment, in pixels of that grid, (2 * `WARP_MOMENTS`, H, W), x
            before y.
        """
        height, width = self._pictures[0].shape[:2]
        rows, columns = paths.shape
        scale = np.array([self.width / columns, self.height / rows], np.float32)
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        channels = WARP_CHANNELS * GRID_PIXELS**2
        grid = height // GRID_PIXELS, width // GRID_PIXELS
        levels = np.empty((*grid, WARP_MOMENTS * channels), np.uint8)
        flows = []
        for k, (moment, picture) in enumerate(zip(self.frames, self._pictures, strict=True)):
            flow = paths.displacement((moment - frame) / self.ratios.unit)
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

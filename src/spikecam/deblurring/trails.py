"""The way that things go during the exposure, and what is seen along it.

Where a thing is at some moment, the blurry picture mixes it with what lies before and behind it on
its way. Optical flow between short exposures of the spikes tells that way. The blurry picture is
looked up along it, at several moments of the exposure, so that motion of any direction and speed
looks the same to a network; and so is SDM's picture of each of these moments, which sees the same
thing with other noise, and at another place between the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.deblurring.ratios import Maps, Ratios
from spikecam.gray import as_gray
from spikecam.networks.refiner import MOMENTS, SCALE, SEEN
from spikecam.picture import Picture

# Noise between pixels is smoothed before flow is sought, by so many pixels.
_SMOOTH = 0.9
# Optical flow needs frames of some size.
_SMALLEST = 16


class Trails:
    """The trails of one picture.

    Args:
        blur: the blurry picture, (h, w, 3) in [0, 1], h and w multiples of 4.
        ratios: of its recording.
        size: height and width of the part that the spikes cover, where more was added below and
            on the right.
    """

    def __init__(self, blur: Picture, ratios: Ratios, size: Sequence[int] | None = None) -> None:
        self.ratios = ratios
        height, width = size or blur.shape[:2]
        self.height, self.width = int(height), int(width)
        span = ratios.stop - ratios.start
        middles = ratios.first + ratios.start + (np.arange(MOMENTS) + 0.5) * span / MOMENTS
        self.frames = [int(middle) for middle in middles]
        bright = float(np.quantile(ratios.rate, 0.995))
        self._gain = 255 / max(bright, 1e-6)
        self._flow: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(0)
        gray = as_gray(blur)
        self._lights, self._pictures = [], []
        for frame in self.frames:
            light, ratio = self._light(frame)
            fine = self._fine(ratio, gray.shape, cv2.INTER_CUBIC)
            sharp = np.clip(gray * fine, 0, 1)[..., None]
            self._lights.append(light)
            both = np.concatenate([blur, sharp], axis=2)
            self._pictures.append(np.rint(both * np.float32(255)).astype(np.uint8))

    def along(self, frame: int) -> tuple[npt.NDArray[np.uint8], Maps]:
        """What is seen along the trails of a frame.

        Returns:
            Pictures in levels, moment after moment, unfolded onto a grid a quarter as fine,
            (h / 4, w / 4, `MOMENTS` * 16 * `SEEN`), row by row; and the vectors that lead there
            from the frame, in pixels of that grid, (2 * `MOMENTS`, H, W), x before y.
        """
        light, _ = self._light(frame)
        height, width = self._pictures[0].shape[:2]
        rows, columns = light.shape
        scale = np.array([self.width / columns, self.height / rows], np.float32)
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        size = SEEN * SCALE**2
        seen = np.empty((height // SCALE, width // SCALE, MOMENTS * size), np.uint8)
        ways = []
        for k, (other, picture) in enumerate(zip(self._lights, self._pictures, strict=True)):
            if min(light.shape) < _SMALLEST:
                flow = np.zeros((*light.shape, 2), np.float32)
            else:
                flow = self._flow.calc(light, other, None)
            fine = self._fine(flow * scale, (height, width), cv2.INTER_LINEAR)
            there = cv2.remap(
                picture,
                fine[..., 0] + x,
                fine[..., 1] + y,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            rows_of = there.reshape(height // SCALE, SCALE, width // SCALE, SCALE * SEEN)
            part = seen[:, :, k * size : (k + 1) * size]
            part.reshape(*part.shape[:2], SCALE, SCALE * SEEN)[:] = rows_of.transpose(0, 2, 1, 3)
            ways.append((flow * scale / SCALE).transpose(2, 0, 1))
        return seen, np.concatenate(ways)

    def _fine(self, coarse: Maps, shape: Sequence[int], how: int) -> Maps:
        """From the grid of the spikes to that of the picture, (h, w, ...)."""
        fine = cv2.resize(coarse, (self.width, self.height), interpolation=how)
        added = (0, shape[0] - self.height), (0, shape[1] - self.width)
        if not added[0][1] + added[1][1]:
            return np.asarray(fine)
        return np.pad(fine, (*added, *[(0, 0)] * (fine.ndim - 2)), mode="edge")

    def _light(self, frame: int) -> tuple[npt.NDArray[np.uint8], Maps]:
        """A short exposure in levels, for optical flow, and SDM's ratio."""
        ratio = np.exp(self.ratios.sdm(frame))
        levels = cv2.GaussianBlur(ratio * self.ratios.rate * self._gain, (0, 0), _SMOOTH)
        return np.clip(levels, 0, 255).astype(np.uint8), ratio

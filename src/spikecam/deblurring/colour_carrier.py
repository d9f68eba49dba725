"""Colours of a photograph, carried along motion to the moments of a recording.

A photograph, sharp or blurry, gives the lines by which colours follow the gray (see
`spikecam.networks.colour_lines`); spikes alone give the gray of any moment:

    L_c(x, t) = a_c(x + d) Y(x, t) + b_c(x + d)

with d the way of the light from the moment to the nearest one of the photograph's exposure. Where
the light was hidden then, lines are those of the surroundings.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.deblurring.blurry_picture import BlurryPicture, resize_by_area
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import GRAY_WEIGHTS
from spikecam.optical_flow.steps import Flow, compose_flows
from spikecam.picture import Picture
from spikecam.reconstruction.motion_paths import pixel_grid, sample_picture
from spikecam.reconstruction.motion_span import iter_motion_spans
from spikecam.stream import Span, SpikeStream

Maps = npt.NDArray[np.float32]

# Frames over which motion is estimated at once, and the reach of the light that it takes.
_STEP_FRAMES, _REACH = 48, 64
# Difference of the smooth gray at both ends of a way at which its colour counts half.
_TOLERANCE, _GRAY_BLUR = 0.06, 1.5
# Blur, in pixels of the spikes, by which lines of the surroundings take over.
_SURROUNDINGS = 6.0
_MIN_GRAY, _MIN_WEIGHT = 0.02, 1e-3


class ColourCarrier:
    """Colours of one photograph.

    Args:
        photo: the photograph, (h, w, 3).
        stream: the recording.
        exposure: frames (start, stop) of the photograph.
        gray_at: gives the gray of a frame as spikes alone give it, encoded, (H, W).
        fpn: the spike camera's fixed pattern.
    """

    def __init__(
        self,
        photo: BlurryPicture,
        stream: SpikeStream,
        exposure: Span,
        gray_at: Callable[[int], Picture],
        fpn: FixedPattern | None = None,
    ) -> None:
        self.stream, self.gray_at, self.fpn = stream, gray_at, fpn
        self.first, self.last = exposure[0], exposure[1] - 1
        self.size = photo.shape[1], photo.shape[0]
        self.grid = pixel_grid((stream.height, stream.width))
        self.lines = _fit_lines(np.minimum(photo.values, 1), (stream.height, stream.width))
        # By frame: smooth grays of the ends of the exposure, and ways from frames to them.
        self._smooth_grays: dict[int, Picture] = {}
        self._ways: dict[int, Flow] = {}

    def colour(self, gray: Picture, frame: int) -> Picture:
        """Colour the gray of a frame.

        Args:
            gray: encoded as the photograph is, (H, W).
            frame: index of the frame.

        Returns:
            (h, w, 3) of the size of the photograph, not clipped.
        """
        lines = self.lines
        nearest = min(max(frame, self.first), self.last)
        if nearest != frame:
            places = self.grid + self._way(frame, nearest)
            if nearest not in self._smooth_grays:
                self._smooth_grays[nearest] = _smooth(self.gray_at(nearest))
            difference = sample_picture(self._smooth_grays[nearest], places) - _smooth(gray)
            trust = np.asarray(1 / (1 + (difference / _TOLERANCE) ** 2) ** 2, np.float32)
            lines = _fill(sample_picture(lines, places, cv2.INTER_LINEAR), trust)
        fine = cv2.resize(gray, self.size, interpolation=cv2.INTER_CUBIC)[..., None]
        fine_lines = cv2.resize(lines, self.size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(fine_lines[..., :3] * fine + fine_lines[..., 3:])

    def _way(self, frame: int, end: int) -> Flow:
        """Displacement of the light at a frame until the end of its way, (H, W, 2)."""
        distance = abs(end - frame)
        if not distance:
            return np.zeros_like(self.grid)
        # All ways meet at the same frames, from which the rest is kept.
        step = distance % _STEP_FRAMES or _STEP_FRAMES
        middle = frame + step * (1 if end > frame else -1)
        if middle not in self._ways:
            self._ways[middle] = self._way(middle, end)
        span, frame_of_span = next(iter_motion_spans(self.stream, [frame], _REACH, fpn=self.fpn))
        begin = span.paths_of_frame(frame_of_span).displacement(middle - frame)
        return compose_flows(begin, self._ways[middle])


def _smooth(gray: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), _GRAY_BLUR), np.float32)


def _fit_lines(values: Picture, shape: tuple[int, ...]) -> Maps:
    """Slopes and offsets of the colours in the gray, (H, W, 6)."""
    import torch

    from spikecam.networks.colour_lines import CELL_PIXELS, fit_colour_lines

    height, width = shape
    size = CELL_PIXELS * width, CELL_PIXELS * height
    shrinks = size[0] <= values.shape[1] and size[1] <= values.shape[0]
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(values, size, interpolation=kernel)
    tensor = torch.from_numpy(np.ascontiguousarray(resized.transpose(2, 0, 1)))[None]
    fitted = fit_colour_lines(tensor)[0].numpy().transpose(1, 2, 0)
    slopes, offsets, logits = fitted[..., :3], fitted[..., 3:6], fitted[..., 6:]
    trust = 1 / (1 + np.exp(-logits))
    colours = cv2.GaussianBlur(
        np.stack([resize_by_area(values[..., c], (height, width)) for c in range(3)], axis=2),
        (0, 0),
        _GRAY_BLUR,
    )
    gray = colours @ np.array(GRAY_WEIGHTS, np.float32)
    ratios = colours / np.maximum(gray, _MIN_GRAY)[..., None]
    lines = np.concatenate([trust * slopes + (1 - trust) * ratios, trust * offsets], axis=2)
    return np.ascontiguousarray(lines, np.float32)


def _fill(lines: Maps, weight: Picture) -> Maps:
    """Lines where they are to be trusted, and means of the surroundings elsewhere."""
    weights = weight[..., None]
    sums = cv2.GaussianBlur(lines * weights + _MIN_WEIGHT * lines, (0, 0), _SURROUNDINGS)
    total = cv2.GaussianBlur(weight + np.float32(_MIN_WEIGHT), (0, 0), _SURROUNDINGS)
    return np.asarray(weights * lines + (1 - weights) * sums / total[..., None], np.float32)

"""Least squares along motion: the picture whose light, carried along its paths, fires as recorded.

A rate from intervals is blurred by what moves within an interval; single spikes are not, and the
noise of their running sum is bounded, since a pixel fires whenever it has collected one threshold.
So the picture u minimises

    sum_t | C (W_t s_t - W_t A_t u) |^2 + p q |u - m|^2

over the frames around its own: s_t the spikes of frame t, A_t u the picture carried along the paths
of light to frame t, W_t how surely the light at a pixel of frame t comes from the picture, C a
running sum that forgets, (C x)_t = x_t + a (C x)_(t-1), m the mean along the paths, p the weight of
the prior, and q the mean curvature of the sum, which makes p a pure number. Conjugate gradients on
the normal equations begin at m.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numba import njit

from spikecam.picture import Picture
from spikecam.reconstruction.motion_paths import Floats, MotionPaths, sample_picture
from spikecam.reconstruction.motion_span import MotionSpan
from spikecam.resources import usable_cores
from spikecam.rows import run_in_threads, run_over_rows

# Frames whose spikes are added up before: what moves by less than a pixel in them stays sharp.
_STEP_FRAMES = 2
# Error in pixels of a path there and back at which its light counts half.
_PATH_TOLERANCE = 0.3
# Difference of firing rates at which light counts half, as shares of the mean and of the pixel's.
_MEAN_TOLERANCE, _PIXEL_TOLERANCE = 0.12, 0.1
_DIFFERENCE_BLUR = 1.5


class MotionLeastSquares:
    """Least squares of one frame.

    Args:
        span: the recording around the frame.
        frame: the moment.
        paths: of the light at the frame.
        mean: mean firing rate along the paths, (H, W).

    Attributes:
        visibility: how surely light at each key frame comes from the picture, mean over the keys
            in [0, 1], (H, W), at the places of the key frames.
    """

    def __init__(self, span: MotionSpan, frame: int, paths: MotionPaths, mean: Picture) -> None:
        self.mean = np.ascontiguousarray(mean, np.float32)
        keys = span.keys
        scale = _MEAN_TOLERANCE * float(mean.mean())
        self._sources = np.empty((len(keys), *mean.shape, 2), np.float32)
        self._weights = np.empty((len(keys), *mean.shape), np.float32)
        for index, key in enumerate(keys):
            source, error = paths.source_displacement(key - frame)
            expected = sample_picture(mean, paths.grid + source, cv2.INTER_LINEAR)
            difference = cv2.GaussianBlur(
                (expected - span.key_rate(key)) ** 2, (0, 0), _DIFFERENCE_BLUR
            )
            tolerance = np.maximum(scale + _PIXEL_TOLERANCE * expected, 1e-6)
            similarity = 1 / (1 + difference / tolerance**2)
            self._sources[index] = source
            self._weights[index] = similarity / (1 + (error / _PATH_TOLERANCE) ** 2)
        if span.fpn is not None:
            self._weights *= span.fpn.bad == 0
        self.visibility: Picture = self._weights.mean(axis=0)
        first, last = (keys[0], keys[-1] + 1) if len(keys) > 1 else (frame, frame + 1)
        first, last = max(span.start, first), min(span.stop, last)
        edges = np.arange(first, last, _STEP_FRAMES)
        lengths = np.minimum(edges + _STEP_FRAMES, last) - edges
        # Steps lie between two keys, whose displacements are weighed.
        middles = edges + (lengths - 1) / 2
        positions = np.interp(middles, keys, np.arange(len(keys)))
        self._before = np.minimum(positions.astype(np.int64), max(len(keys) - 2, 0))
        self._after = np.minimum(self._before + 1, len(keys) - 1)
        self._fractions = (positions - self._before).astype(np.float32)
        self._lengths = lengths.astype(np.float32)
        self._spikes = span.spikes(edges, last)
        self._coverage = self._carry(np.ones_like(self.mean))
        for spikes, coverage, length in zip(
            self._spikes, self._coverage, self._lengths, strict=True
        ):
            spikes *= coverage / length
        # Light in all steps takes much memory, whose pages are used again.
        self._light = np.empty_like(self._coverage)

    def solve(self, decay: float, prior: float, steps: Sequence[int]) -> list[Picture]:
        """Pictures after so many steps, firing rates (H, W), float32, which may leave [0, 1].

        Args:
            decay: share of the running sum that is left a frame later, the a of the formula.
            prior: weight of the mean, the p of the formula; 0 for none: pictures then become
                sharper and noisier from step to step.
            steps: of conjugate gradients, rising.
        """
        self._decay = np.float32(decay**_STEP_FRAMES)
        picture = self.mean.copy()
        damping = np.float32(0)
        if prior:
            # As the mean of what carries the filtered coverage back.
            self._light[:] = self._coverage
            filtered = self._filter(self._light)
            damping = np.float32(prior * np.vdot(self._coverage, filtered) / picture.size)
        # Once for the spikes and the first picture together.
        difference = np.subtract(self._spikes, self._carry(picture, self._light), self._light)
        residual = self._carry_back(self._filter(difference))
        direction, energy = residual.copy(), float((residual**2).sum())
        pictures: list[Picture] = []
        for step in range(1, max(steps) + 1):
            light = self._filter(self._carry(direction, self._light))
            image = self._carry_back(light) + damping * direction
            product = float((direction * image).sum())
            if product <= 0 or energy <= 0:
                # Nothing fires, or the picture is exact.
                pictures += [picture.copy()] * (len(steps) - len(pictures))
                break
            length = np.float32(energy / product)
            picture += length * direction
            residual -= length * image
            last, energy = energy, float((residual**2).sum())
            direction = residual + np.float32(energy / last) * direction
            if step in steps:
                pictures.append(picture.copy())
        return pictures

    def _carry(self, picture: Picture, out: Floats | None = None) -> Floats:
        """Carry a picture to all steps, (S, H, W), weighed."""
        carried = np.empty((len(self._lengths), *picture.shape), np.float32) if out is None else out

        def carry(step: int) -> None:
            _gather(picture, *self._step(step), carried[step])

        run_in_threads(carry, range(len(carried)))
        return carried

    def _carry_back(self, values: Floats) -> Picture:
        """Transpose of `_carry`."""
        parts = max(1, min(usable_cores(), len(values)))
        sums = np.zeros((parts, *values.shape[1:]), np.float32)

        def carry_back(part: int) -> None:
            for step in range(part, len(values), parts):
                _scatter(values[step], *self._step(step), sums[part])

        run_in_threads(carry_back, range(parts))
        return np.asarray(sums.sum(axis=0))

    def _step(self, step: int) -> tuple[Floats, Floats, Floats, Floats, np.float32, np.float32]:
        before, after = self._before[step], self._after[step]
        return (
            self._sources[before],
            self._sources[after],
            self._weights[before],
            self._weights[after],
            self._fractions[step],
            self._lengths[step],
        )

    def _filter(self, values: Floats) -> Floats:
        """The running sum and its transpose, in place."""
        run_over_rows(_filter_rows, values.shape[1], values, self._decay)
        return values


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _gather(picture, before, after, weight_before, weight_after, fraction, length, carried):  # type: ignore[no-untyped-def]
    """Values of a picture where the light of each pixel comes from, bilinear; 0 from outside."""
    height, width = picture.shape
    for row in range(height):
        for column in range(width):
            x = before[row, column, 0] * (1 - fraction) + after[row, column, 0] * fraction + column
            y = before[row, column, 1] * (1 - fraction) + after[row, column, 1] * fraction + row
            if x < 0 or y < 0 or x > width - 1 or y > height - 1:
                carried[row, column] = 0
                continue
            weight = weight_before[row, column] * (1 - fraction)
            weight += weight_after[row, column] * fraction
            i, j = min(int(x), width - 2), min(int(y), height - 2)
            u, v = x - i, y - j
            upper = picture[j, i] * (1 - u) + picture[j, i + 1] * u
            lower = picture[j + 1, i] * (1 - u) + picture[j + 1, i + 1] * u
            carried[row, column] = length * weight * (upper * (1 - v) + lower * v)


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _scatter(values, before, after, weight_before, weight_after, fraction, length, picture):  # type: ignore[no-untyped-def]
    """Transpose of `_gather`: add values where they come from, in place."""
    height, width = picture.shape
    for row in range(height):
        for column in range(width):
            x = before[row, column, 0] * (1 - fraction) + after[row, column, 0] * fraction + column
            y = before[row, column, 1] * (1 - fraction) + after[row, column, 1] * fraction + row
            if x < 0 or y < 0 or x > width - 1 or y > height - 1:
                continue
            weight = weight_before[row, column] * (1 - fraction)
            weight += weight_after[row, column] * fraction
            i, j = min(int(x), width - 2), min(int(y), height - 2)
            u, v = x - i, y - j
            value = length * weight * values[row, column]
            picture[j, i] += value * (1 - u) * (1 - v)
            picture[j, i + 1] += value * u * (1 - v)
            picture[j + 1, i] += value * (1 - u) * v
            picture[j + 1, i + 1] += value * u * v


@njit(nogil=True, cache=True, error_model="numpy")
def _filter_rows(values, decay, first_row, last_row):  # type: ignore[no-untyped-def]
    steps, _, width = values.shape
    for row in range(first_row, last_row):
        for step in range(1, steps):
            for column in range(width):
                values[step, row, column] += decay * values[step - 1, row, column]
        for step in range(steps - 2, -1, -1):
            for column in range(width):
                values[step, row, column] += decay * values[step + 1, row, column]

"""Paths of light over the sensor: where what a pixel shows is some frames earlier or later.

Each pixel's path around a reference frame is a polynomial in time without a constant term,

    d(x, t) = sum_j c_j(x) (t / unit) ** j,    j = 1 .. degree

fitted robustly to the optical flow from the reference to other moments. Every flow starts from the
same noisy exposure, so that all of them share an error; since the path begins where the pixel is,
the fit leaves most of it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.rows import run_over_rows

Floats = npt.NDArray[np.float32]

# Degree of the polynomials that suits spans of about a hundred frames.
PATH_DEGREE = 6
# Frames in the unit of time of the polynomials.
_UNIT_FRAMES = 50.0
# Passes of the fit, and the distance in pixels at which a flow counts half, squared.
_PASSES, _SQUARED_SCALE = 3, 0.25
# Steps by which a path is inverted.
_INVERSION_STEPS = 5


@dataclass(frozen=True, eq=False)
class MotionPaths:
    """Paths of the light that is at each pixel at one moment.

    Attributes:
        coefficients: (J, H, W, 2), x before y.
        origin: that moment, in frames from the reference of the polynomials.
    """

    coefficients: Floats
    origin: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        _, height, width, _ = self.coefficients.shape
        return height, width

    @cached_property
    def grid(self) -> Floats:
        """Places of the pixels, (H, W, 2), x before y."""
        return pixel_grid(self.shape)

    def displacement(self, offset: float) -> Floats:
        """Displacement of each pixel's light ``offset`` frames later, (H, W, 2) in pixels."""
        count = len(self.coefficients)
        weights = _basis([self.origin + offset], count)[0] - _basis([self.origin], count)[0]
        flat = weights.astype(np.float32) @ self.coefficients.reshape(count, -1)
        return np.asarray(flat.reshape(*self.shape, 2))

    def source_displacement(self, offset: float) -> tuple[Floats, Floats]:
        """Displacement from each pixel ``offset`` frames later back to where its light is now.

        Returns:
            The displacement, (H, W, 2), and how far from the pixel the path from there ends, in
            pixels, (H, W): much above 0 where no path leads to the pixel, which is hidden now.
        """
        forward = self.displacement(offset)
        back = -forward
        for _ in range(_INVERSION_STEPS):
            back = -sample_picture(forward, self.grid + back, cv2.INTER_LINEAR)
        error = back + sample_picture(forward, self.grid + back, cv2.INTER_LINEAR)
        return back, np.hypot(error[..., 0], error[..., 1])

    def moved_to(self, offset: float) -> MotionPaths:
        """Paths of the light that is at each pixel ``offset`` frames later."""
        if not offset:
            return self
        places = self.grid + self.source_displacement(offset)[0]
        parts = [sample_picture(part, places, cv2.INTER_LINEAR) for part in self.coefficients]
        return MotionPaths(np.stack(parts), self.origin + offset)


def fit_motion_paths(flows: Mapping[int, Floats], degree: int) -> MotionPaths:
    """Fit paths to optical flow from a reference frame to others.

    Args:
        flows: (H, W, 2) by offset from the reference in frames.
        degree: of the polynomials; lower where flows are few.
    """
    offsets = [offset for offset in sorted(flows) if offset]
    if not offsets:
        (flow,) = flows.values()
        return MotionPaths(np.zeros((1, *flow.shape), np.float32))
    degree = max(1, min(degree, len(offsets) // 2))
    stacked = np.stack([flows[offset] for offset in offsets]).astype(np.float32)
    height, width = stacked.shape[1:3]
    coefficients = np.empty((degree, height, width, 2), np.float32)
    run_over_rows(_fit_rows, height, stacked, _basis(offsets, degree), coefficients)
    return MotionPaths(coefficients)


def pixel_grid(shape: tuple[int, int]) -> Floats:
    """Places of the pixels of a picture, (H, W, 2) float32, x before y."""
    height, width = shape
    grid = np.empty((height, width, 2), np.float32)
    grid[..., 0] = np.arange(width)
    grid[..., 1] = np.arange(height)[:, None]
    return grid


def sample_picture(picture: Floats, places: Floats, interpolation: int = cv2.INTER_CUBIC) -> Floats:
    """Values of a picture (H, W, ...) at places (H, W, 2); beyond the border those at it."""
    x, y = np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])
    return np.asarray(cv2.remap(picture, x, y, interpolation, borderMode=cv2.BORDER_REPLICATE))


def _basis(offsets: npt.ArrayLike, degree: int) -> npt.NDArray[np.float64]:
    """Powers of time, (K, degree)."""
    times = np.asarray(offsets, np.float64) / _UNIT_FRAMES
    return times[:, None] ** np.arange(1, degree + 1)


@njit(nogil=True, cache=True, error_model="numpy")
def _fit_rows(flows, basis, coefficients, first_row, last_row):  # type: ignore[no-untyped-def]
    """Weighted least squares of each pixel, by Cholesky's factors of its normal equations."""
    moments, degree = basis.shape
    gram, right = np.empty((degree, degree)), np.empty((degree, 2))
    weights = np.empty(moments)
    for row in range(first_row, last_row):
        for column in range(flows.shape[2]):
            weights[:] = 1
            for step in range(_PASSES):
                gram[:], right[:] = 0, 0
                for k in range(moments):
                    for i in range(degree):
                        weighted = weights[k] * basis[k, i]
                        right[i, 0] += weighted * flows[k, row, column, 0]
                        right[i, 1] += weighted * flows[k, row, column, 1]
                        for j in range(i + 1):
                            gram[i, j] += weighted * basis[k, j]
                for i in range(degree):
                    # Powers that the moments cannot tell apart stay small.
                    gram[i, i] += 1e-3
                    for j in range(i + 1):
                        total = gram[i, j]
                        for m in range(j):
                            total -= gram[i, m] * gram[j, m]
                        gram[i, j] = np.sqrt(max(total, 1e-12)) if i == j else total / gram[j, j]
                for axis in range(2):
                    for i in range(degree):
                        for m in range(i):
                            right[i, axis] -= gram[i, m] * right[m, axis]
                        right[i, axis] /= gram[i, i]
                    for i in range(degree - 1, -1, -1):
                        for m in range(i + 1, degree):
                            right[i, axis] -= gram[m, i] * right[m, axis]
                        right[i, axis] /= gram[i, i]
                if step + 1 < _PASSES:
                    for k in range(moments):
                        x, y = -flows[k, row, column, 0], -flows[k, row, column, 1]
                        for i in range(degree):
                            x += basis[k, i] * right[i, 0]
                            y += basis[k, i] * right[i, 1]
                        weights[k] = 1 / (1 + (x * x + y * y) / _SQUARED_SCALE)
            for i in range(degree):
                coefficients[i, row, column, 0] = right[i, 0]
                coefficients[i, row, column, 1] = right[i, 1]

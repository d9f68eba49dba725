"""Warping of a picture by a homography, with bicubic interpolation at exact positions.

Keys's kernel with a = -1/2 ("Cubic convolution interpolation", 1981), which leaves straight and
parabolic brightness as it is. What OpenCV and Pillow call bicubic here has a = -3/4 and places
rounded to 1/32 pixel, or a = -1: both move an edge by up to a tenth of a pixel, back and forth
with its place between pixels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.picture import Picture
from spikecam.rows import run_over_rows


def warp_plane(
    plane: npt.ArrayLike, homography: npt.NDArray[np.float64], size: tuple[int, int]
) -> Picture:
    """Warp one plane by a homography: out[y, x] = plane at homography @ (x, y).

    Args:
        plane: (h, w), finite.
        homography: 3x3, takes pixels of the result to pixels of the plane.
        size: (height, width) of the result.

    Returns:
        float32; the plane's edge is repeated for half a pixel, and further out it is 0.
    """
    source = np.ascontiguousarray(plane, np.float32)
    out = np.empty(size, np.float32)
    run_over_rows(_warp_rows, size[0], source, np.asarray(homography, np.float64), out)
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _warp_rows(source, matrix, out, first_row, last_row):  # type: ignore[no-untyped-def]
    height, width = source.shape
    weights_x, weights_y = np.empty(4), np.empty(4)
    for y in range(first_row, last_row):
        for x in range(out.shape[1]):
            w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
            px = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / w
            py = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / w
            # The tolerance is for rounding. NaN fails this test too.
            if not (-0.5001 <= px <= width - 0.4999 and -0.5001 <= py <= height - 0.4999):
                out[y, x] = 0
                continue
            left, top = int(np.floor(px)), int(np.floor(py))
            _weights(px - left, weights_x)
            _weights(py - top, weights_y)
            total = 0.0
            for i in range(4):
                row = min(max(top - 1 + i, 0), height - 1)
                row_total = 0.0
                for j in range(4):
                    column = min(max(left - 1 + j, 0), width - 1)
                    row_total += weights_x[j] * source[row, column]
                total += weights_y[i] * row_total
            out[y, x] = total


@njit(nogil=True, cache=True, error_model="numpy")
def _weights(t, weights):  # type: ignore[no-untyped-def]
    weights[0] = ((2 - t) * t - 1) * t / 2
    weights[1] = ((3 * t - 5) * t * t + 2) / 2
    weights[2] = ((4 - 3 * t) * t + 1) * t / 2
    weights[3] = (t - 1) * t * t / 2

"""Pictures that move, drawn over each other at exact places.

A layer is a picture and one homography a frame, which takes a pixel of the frame to its place in
the picture. The picture is interpolated by cubic B-splines (Unser, "Splines: a perfect fit for
signal and image processing", 1999) at double-precision places. That matters here: the bicubic
filters of common libraries displace edges by up to a tenth of a pixel or round places to 1/32
pixel, and a spike stream of slow motion would show the steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.picture import Picture
from spikecam.scenes.camera_path import Matrices, corners, mapped

Frame = npt.NDArray[np.uint8]

# Pixels around a layer's picture that interpolation reaches into.
_PAD = 3


class Layer(NamedTuple):
    """A picture that moves.

    Attributes:
        spline: its B-spline coefficients with a margin, premultiplied RGBA, float32 (h, w, 4).
        homographies: one a frame, (T, 3, 3), from the frame's pixels (x, y) to the picture's.
    """

    spline: Picture
    homographies: Matrices


def layer(picture: npt.NDArray[Any], homographies: Matrices) -> Layer:
    """Make a picture ready to move.

    Args:
        picture: floats in [0, 1], (h, w, 3), or (h, w, 4) with the colours premultiplied by an
            alpha that is 0 at the border.
        homographies: from a frame's pixels (x, y), counted from the upper left one, to the
            picture's; (T, 3, 3).
    """
    whole = np.ones((*picture.shape[:2], 4), np.float32)
    whole[..., : picture.shape[2]] = picture
    padded = cv2.copyMakeBorder(whole, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REFLECT_101)
    # The inverse of sampling a cubic B-spline, whose infinite response falls by 0.27 a pixel.
    pole = math.sqrt(3) - 2
    kernel = -6 * pole / (1 - pole**2) * pole ** np.abs(np.arange(-12, 13))
    spline = cv2.sepFilter2D(padded, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
    return Layer(np.asarray(spline, np.float32), np.asarray(homographies, np.float64))


def rendered(layers: Sequence[Layer], size: tuple[int, int]) -> Iterator[Frame]:
    """Frames (H, W, 3) of layers, the last in front, rounded to 8 bits once at the end."""
    canvas = np.empty((*size, 3), np.float32)
    for matrices in zip(*(one.homographies for one in layers), strict=True):
        canvas[:] = 0
        for one, matrix in zip(layers, matrices, strict=True):
            _draw(one.spline, matrix, canvas, *_covered(one.spline.shape, matrix, size))
        yield np.rint(canvas * np.float32(255)).astype(np.uint8)


def _covered(
    shape: tuple[int, ...], matrix: Matrices, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Rows and columns of the frame (top, bottom, left, right) that a layer can reach."""
    edges = corners(shape[1] - 2 * _PAD - 1, shape[0] - 2 * _PAD - 1)
    back = np.asarray(np.linalg.inv(matrix), np.float64)
    x, y = mapped(back[None], edges)[0]
    top, left = max(0, math.floor(y.min())), max(0, math.floor(x.min()))
    return top, min(size[0], math.ceil(y.max()) + 1), left, min(size[1], math.ceil(x.max()) + 1)


@njit(nogil=True, cache=True, error_model="numpy")
def _draw(spline, matrix, canvas, top, bottom, left, right):  # type: ignore[no-untyped-def]
    """Lay a layer over the canvas."""
    height, width = spline.shape[0] - 2 * _PAD, spline.shape[1] - 2 * _PAD
    sixth, one = np.float32(1 / 6), np.float32(1)
    wx, wy = np.empty(4, np.float32), np.empty(4, np.float32)
    for row in range(top, bottom):
        for column in range(left, right):
            depth = matrix[2, 0] * column + matrix[2, 1] * row + matrix[2, 2]
            x = (matrix[0, 0] * column + matrix[0, 1] * row + matrix[0, 2]) / depth
            y = (matrix[1, 0] * column + matrix[1, 1] * row + matrix[1, 2]) / depth
            # A hair outside is rounding: what is planned to touch the border may.
            if not (-1e-6 <= x <= width - 1 + 1e-6 and -1e-6 <= y <= height - 1 + 1e-6):
                continue
            # Truncation would round towards 0 on either side of it.
            i, j = int(x + 1) - 1, int(y + 1) - 1
            for weights, part in ((wx, np.float32(x - i)), (wy, np.float32(y - j))):
                rest = one - part
                weights[0] = rest * rest * rest * sixth
                weights[3] = part * part * part * sixth
                weights[1] = (np.float32(4) + part * part * (3 * part - np.float32(6))) * sixth
                weights[2] = one - weights[0] - weights[1] - weights[3]
            red = green = blue = alpha = np.float32(0)
            for k in range(4):
                for m in range(4):
                    weight = wy[k] * wx[m]
                    texel = spline[j + k + _PAD - 1, i + m + _PAD - 1]
                    red += weight * texel[0]
                    green += weight * texel[1]
                    blue += weight * texel[2]
                    alpha += weight * texel[3]
            # Splines overshoot at edges; light and coverage do not, and keep their colour.
            if alpha > one:
                red, green, blue, alpha = red / alpha, green / alpha, blue / alpha, one
            alpha = max(alpha, np.float32(0))
            behind = canvas[row, column]
            behind[0] = min(max(red, np.float32(0)), alpha) + (one - alpha) * behind[0]
            behind[1] = min(max(green, np.float32(0)), alpha) + (one - alpha) * behind[1]
            behind[2] = min(max(blue, np.float32(0)), alpha) + (one - alpha) * behind[2]

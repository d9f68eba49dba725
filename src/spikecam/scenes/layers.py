"""Rendering of moving picture layers over each other, at sub-pixel accuracy.

A layer is a picture and one homography per frame, which takes a pixel of the frame to its place in
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
from spikecam.scenes.camera_path import Matrices, apply_homographies, box_corners

Frame = npt.NDArray[np.uint8]

# Margin around a layer's picture that interpolation reads.
_PAD = 3


class MovingLayer(NamedTuple):
    """A picture that moves over the frames of a scene, ready to be rendered.

    Attributes:
        spline: its B-spline coefficients with a margin, premultiplied RGBA, float32 (h, w, 4).
        homographies: one per frame, (T, 3, 3), from the frame's pixels (x, y) to the picture's.
    """

    spline: Picture
    homographies: Matrices


def make_moving_layer(picture: npt.NDArray[Any], homographies: Matrices) -> MovingLayer:
    """Make a layer of a picture and its homography in each frame, ready to be rendered.

    Args:
        picture: floats in [0, 1], (h, w, 3), or (h, w, 4) with the colours premultiplied by an
            alpha that is 0 at the border.
        homographies: from a frame's pixels (x, y), counted from the upper left one, to the
            picture's; (T, 3, 3).
    """
    rgba = np.ones((*picture.shape[:2], 4), np.float32)
    rgba[..., : picture.shape[2]] = picture
    padded = cv2.copyMakeBorder(rgba, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REFLECT_101)
    # The inverse of sampling a cubic B-spline, whose infinite response falls by 0.27 a pixel.
    pole = math.sqrt(3) - 2
    kernel = -6 * pole / (1 - pole**2) * pole ** np.abs(np.arange(-12, 13))
    spline = cv2.sepFilter2D(padded, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
    return MovingLayer(np.asarray(spline, np.float32), np.asarray(homographies, np.float64))


def iter_rendered_frames(layers: Sequence[MovingLayer], size: tuple[int, int]) -> Iterator[Frame]:
    """Render layers frame by frame: yield uint8 (H, W, 3). The last layer is in front."""
    canvas = np.empty((*size, 3), np.float32)
    for matrices in zip(*(layer.homographies for layer in layers), strict=True):
        canvas[:] = 0
        for layer, matrix in zip(layers, matrices, strict=True):
            _draw_layer(
                layer.spline,
                matrix,
                canvas,
                *_reachable_rectangle(layer.spline.shape, matrix, size),
            )
        yield np.rint(canvas * np.float32(255)).astype(np.uint8)


def _reachable_rectangle(
    layer_shape: tuple[int, ...], homography: Matrices, frame_size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Rectangle of the frame (top, bottom, left, right) that a layer can cover."""
    box = box_corners(layer_shape[1] - 2 * _PAD - 1, layer_shape[0] - 2 * _PAD - 1)
    inverse = np.asarray(np.linalg.inv(homography), np.float64)
    x, y = apply_homographies(inverse[None], box)[0]
    top, left = max(0, math.floor(y.min())), max(0, math.floor(x.min()))
    return (
        top,
        min(frame_size[0], math.ceil(y.max()) + 1),
        left,
        min(frame_size[1], math.ceil(x.max()) + 1),
    )


@njit(nogil=True, cache=True, error_model="numpy")
def _draw_layer(spline, homography, canvas, top, bottom, left, right):  # type: ignore[no-untyped-def]
    """Draw a layer over the canvas (H, W, 3), in place."""
    height, width = spline.shape[0] - 2 * _PAD, spline.shape[1] - 2 * _PAD
    sixth, one = np.float32(1 / 6), np.float32(1)
    wx, wy = np.empty(4, np.float32), np.empty(4, np.float32)
    for row in range(top, bottom):
        for column in range(left, right):
            depth = homography[2, 0] * column + homography[2, 1] * row + homography[2, 2]
            x = (homography[0, 0] * column + homography[0, 1] * row + homography[0, 2]) / depth
            y = (homography[1, 0] * column + homography[1, 1] * row + homography[1, 2]) / depth
            # Rounding may put a pixel on the border just outside of it.
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

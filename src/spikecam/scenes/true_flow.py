"""Exact optical flow of moving layers: where each pixel of a frame is in another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spikecam.picture import Mask
from spikecam.scenes.camera_path import Matrices, apply_homographies
from spikecam.scenes.layers import MovingLayer, iter_rendered_frames

# Level of a layer's coverage, of 255, from which on a pixel is seen as the layer's.
_COVERING_LEVEL = 128


def true_flow(
    layers: Sequence[MovingLayer], size: tuple[int, int], at: int, to: int
) -> tuple[npt.NDArray[np.float32], Mask]:
    """Exact flow of a scene from one frame to another, and the pixels that both frames show.

    Args:
        layers: of the scene, the front one last.
        size: height and width of the frames.
        at: index of the frame whose pixels the flow is of.
        to: index of the frame that it leads to.

    Returns:
        The flow, (H, W, 2) in pixels, x before y, and a mask (H, W): False where the place that a
        pixel moves to lies outside the frame or behind another layer.
    """
    height, width = size
    y, x = np.mgrid[:height, :width]
    points = np.stack([x.ravel(), y.ravel()]).astype(float)
    front = front_layers(layers, size, at)
    front_later = front_layers(layers, size, to)
    flow = np.zeros((height, width, 2), np.float32)
    for index, layer in enumerate(layers):
        matrix: Matrices = np.linalg.inv(layer.homographies[to]) @ layer.homographies[at]
        change = (apply_homographies(matrix[None], points)[0] - points).T.reshape(*size, 2)
        flow[front == index] = change[front == index]
    target_x, target_y = (
        np.rint(x + flow[..., 0]).astype(int),
        np.rint(y + flow[..., 1]).astype(int),
    )
    inside = (target_x >= 0) & (target_x < width) & (target_y >= 0) & (target_y < height)
    later = front_later[np.clip(target_y, 0, height - 1), np.clip(target_x, 0, width - 1)]
    return flow, inside & (later == front)


def front_layers(
    layers: Sequence[MovingLayer], size: tuple[int, int], frame: int
) -> npt.NDArray[np.intp]:
    """Index of the layer that covers each pixel of a frame, (H, W)."""
    front = np.zeros(size, np.intp)
    for index, layer in enumerate(layers[1:], start=1):
        # A white layer over black shows its coverage.
        coverage = np.repeat(layer.spline[..., 3:], 4, axis=2)
        white = MovingLayer(np.ascontiguousarray(coverage), layer.homographies[frame : frame + 1])
        (rendered,) = iter_rendered_frames([white], size)
        front[rendered[..., 0] >= _COVERING_LEVEL] = index
    return front

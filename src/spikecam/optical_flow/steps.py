"""Optical flow over many frames, composed of that over shorter steps."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.reconstruction.motion_paths import pixel_grid, sample_picture

# (H, W, 2) in pixels, x before y: what is at p in the first frame is at p + flow in the second.
Flow = npt.NDArray[np.float32]


def split_into_steps(at: int, to: int, count: int) -> list[tuple[int, int]]:
    """Split the way between two frames into this many steps of nearly equal length.

    There are never more of them than frames between both.

    >>> split_into_steps(40, 65, 2), split_into_steps(9, 7, 5)
    ([(40, 52), (52, 65)], [(9, 8), (8, 7)])
    """
    count = max(1, min(count, abs(to - at)))
    edges = [at + (to - at) * i // count for i in range(count + 1)]
    return list(pairwise(edges))


def compose_flows(first: Flow, second: Flow) -> Flow:
    """Flow from a first frame to a third, of those to a second and from there on.

    Beyond the border the second flow is as at the border.
    """
    places = pixel_grid(first.shape[:2]) + first
    return first + sample_picture(second, places, cv2.INTER_LINEAR)

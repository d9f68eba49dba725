"""Optical flow between short exposures of the spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture

Levels = npt.NDArray[np.uint8]

# Pixels a side below which DIS finds no flow: all is taken to stand still.
MIN_FLOW_PIXELS = 16
# More smoothness than by default, which halves the error between short exposures.
_SMOOTHNESS, _ITERATIONS = 120, 10


def flow_levels(rate: Picture, gain: float, blur: float) -> Levels:
    """Levels of a firing rate (H, W), blurred a little against noise.

    Args:
        rate: the rate, on any scale.
        gain: levels for one of it.
        blur: standard deviation of the Gaussian blur in pixels.
    """
    levels = cv2.GaussianBlur(rate * np.float32(gain), (0, 0), blur)
    return np.clip(levels, 0, 255).astype(np.uint8)


def flows_from_reference(levels: Mapping[int, Levels], finest_level: int = 0) -> dict[int, Picture]:
    """Optical flow from a reference to other moments, each from the one before as first guess.

    Args:
        levels: short exposures (H, W) by their offset in time from the reference, which is at 0.
        finest_level: halvings of the grid on which flow ends.

    Returns:
        Flows (H, W, 2) in pixels, x before y, by offset.
    """
    reference = levels[0]
    flows = {0: np.zeros((*reference.shape, 2), np.float32)}
    if min(reference.shape) < MIN_FLOW_PIXELS:
        return flows
    dis: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(finest_level)
    dis.setVariationalRefinementAlpha(_SMOOTHNESS)
    dis.setVariationalRefinementIterations(_ITERATIONS)
    after = [offset for offset in sorted(levels) if offset > 0]
    before = [offset for offset in sorted(levels, reverse=True) if offset < 0]
    for offsets in (after, before):
        last = 0
        for offset in offsets:
            guess = flows[last] * np.float32(offset / last) if last else None
            flows[offset] = dis.calc(reference, levels[offset], guess)
            last = offset
    return flows

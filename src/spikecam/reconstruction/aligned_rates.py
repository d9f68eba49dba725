"""Firing rates of short exposures, moved along the paths of light to where it is at one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spikecam.picture import Picture
from spikecam.reconstruction.motion_paths import MotionPaths, sample_picture
from spikecam.reconstruction.motion_span import MotionSpan
from spikecam.rows import run_in_threads

# Frames of a short exposure: what moves by less than a pixel in them stays sharp.
_EXPOSURE_FRAMES = 5
# Distances from the frame, in frames, at which a group of short exposures ends and the next begins.
GROUP_EDGES = (3, 8, 14, 24, 40, 64)


@dataclass(frozen=True, eq=False)
class AlignedRates:
    """Firing rates along the paths of light.

    Attributes:
        centre: rate in the frames around the frame, closer than the first of `GROUP_EDGES`, (H, W).
        groups: rate in each group of short exposures before the frame, from near to far, and in
            each after it, (2 * G, H, W); the mean of all where a group has none.
        frames: frames that each is the mean of, (2 * G, H, W).
        mean: mean of all, (H, W).
    """

    centre: Picture
    groups: Picture
    frames: Picture
    mean: Picture


def align_rates(
    span: MotionSpan, frame: int, paths: MotionPaths, edges: Sequence[int] = GROUP_EDGES
) -> AlignedRates:
    """Align the firing rates of a span with a frame.

    Args:
        span: the recording around the frame.
        frame: the moment.
        paths: of the light at the frame.
        edges: of the groups, in frames from the frame.
    """
    inner = edges[0]
    centre = span.rate(frame - inner, frame + inner + 1)
    centre_frames = min(frame + inner + 1, span.stop) - max(frame - inner, span.start)
    groups = [(sign, near, far) for sign in (-1, 1) for near, far in pairwise(edges)]
    totals, frames = np.zeros((2, len(groups), *centre.shape), np.float32)
    # Made before the threads share it.
    grid = paths.grid

    def gather(group: int) -> None:
        sign, near, far = groups[group]
        for begin in range(near, far, _EXPOSURE_FRAMES):
            end = min(begin + _EXPOSURE_FRAMES, far)
            first, last = (
                (frame + 1 + begin, frame + 1 + end) if sign > 0 else (frame - end, frame - begin)
            )
            if first < span.start or last > span.stop:
                break
            places = grid + paths.displacement((first + last - 1) / 2 - frame)
            weight = np.float32(end - begin) * is_inside(places)
            totals[group] += weight * sample_picture(span.rate(first, last), places)
            frames[group] += weight

    run_in_threads(gather, range(len(groups)))
    mean = (centre * np.float32(centre_frames) + totals.sum(0)) / (centre_frames + frames.sum(0))
    rates = np.where(frames > 0, totals / np.maximum(frames, 1), mean)
    return AlignedRates(centre, rates, frames, np.asarray(mean, np.float32))


def is_inside(places: Picture) -> Picture:
    """1 for places (H, W, 2) within the picture, else 0."""
    height, width, _ = places.shape
    x, y = places[..., 0], places[..., 1]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return np.asarray(inside, np.float32)

"""Motion in the picture of a camera on its path, and the windows and views that it asks for."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spikecam.stream import Span
from spikecam.views.camera import CameraAt, project_points

# Motion in pixels below which one view stands for all of a window. With 2 pixels an orbit around
# one object has .8 dB less.
MAX_VIEW_MOTION = 1.2
# Longest window that is chosen, in frames, and the most views of one measurement.
_MAX_WINDOW, _MAX_VIEWS = 41, 24
# Motion is allowed so much more than `MAX_VIEW_MOTION` times the views, as a share of that motion.
_EXCESS = 0.25
_CHECKED_TIMES = 40


def motion_per_frame(
    camera_at: CameraAt, points: npt.NDArray[np.floating], start: float, stop: float
) -> float:
    """Median motion of points in the picture of a camera.

    Args:
        camera_at: the camera at a time in frames.
        points: of the scene, in the world, (N, 3).
        start, stop: first and last time.

    Returns:
        Pixels a frame; 0 where no point is in view.
    """
    motions = [np.zeros(0)]
    for time in np.linspace(start, max(start, stop - 1), _CHECKED_TIMES):
        first, second = camera_at(time), camera_at(time + 1)
        intrinsics = first.intrinsics
        (places, _), (later, is_ahead) = (project_points(points, one) for one in (first, second))
        inside = ((places >= 0) & (places < (intrinsics.width, intrinsics.height))).all(axis=1)
        motions.append(np.hypot(*(later - places)[inside & is_ahead].T))
    every = np.concatenate(motions)
    return float(np.median(every)) if len(every) else 0.0


def choose_window(motion: float) -> int:
    """Odd number of frames, 1 to 41, in which things move by at most `MAX_VIEW_MOTION`.

    Args:
        motion: in pixels a frame.
    """
    frames = min(_MAX_WINDOW, max(1, int(MAX_VIEW_MOTION / max(motion, 1e-6))))
    return frames - (frames + 1) % 2


def choose_views(motion: float, window: int) -> int:
    """Views, 1 to 24, that stand for a window: about one for each `MAX_VIEW_MOTION`.

    Args:
        motion: in pixels a frame.
        window: its length in frames.
    """
    return min(_MAX_VIEWS, max(1, math.ceil(motion * window / MAX_VIEW_MOTION - _EXCESS)))


def spread_windows(span: Span, window: int, most: int) -> list[Span]:
    """Windows (start, stop) that lie evenly in a span of frames, no closer than half a window.

    Args:
        span: frames (start, stop) of the recording.
        window: length in frames.
        most: the most windows.
    """
    start, stop = span
    count = min(most, max(1, (stop - start) // max(1, window // 2)))
    starts = np.linspace(start, stop - window, count).round().astype(int)
    return [(int(first), int(first) + window) for first in starts]

"""Smooth random camera paths over a scene, as homographies."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spikecam.stream import Span

Matrices = npt.NDArray[np.float64]

# Weights of translation in x and y, rotation, zoom and the two tilts: displacement of a pixel at a
# typical distance from the middle, relative to translation. Hands rotate and tilt a camera less
# than they shift it: at a distance, both look like translation.
_MOTION_WEIGHTS = np.array([1, 1, 0.35, 0.25, 0.1, 0.1])
# Sinusoids of hand shake: their number, range of cycles per exposure, and share of the velocity.
_SHAKE_WAVES, _SHAKE_CYCLES, _SHAKE_AMPLITUDE = 3, (0.1, 1.0), 0.2


def random_camera_path(
    rng: np.random.Generator, size: tuple[int, int], frame_count: int, exposure: Span, speed: float
) -> Matrices:
    """Draw a smooth random path over a scene of this size, homographies (frames, 3, 3).

    Each takes a pixel, counted from the middle of the view, to the place that it sees, as the view
    saw it in the middle of the exposure. The path is a drift in a random direction with sinusoids
    of hand shake, at most one cycle per exposure, in six degrees of freedom: two of translation,
    rotation, zoom, two of tilt. It is scaled until `mean_path_length` is ``speed``.
    """
    start, stop = exposure
    time = (np.arange(frame_count) - (start + stop - 1) / 2) / (stop - 1 - start)
    angle = rng.uniform(0, 2 * np.pi)
    drift = rng.normal(size=6)
    drift[:2] = np.cos(angle), np.sin(angle)
    cycles = 2 * np.pi * rng.uniform(*_SHAKE_CYCLES, size=(_SHAKE_WAVES, 6))
    phase = rng.uniform(0, 2 * np.pi, size=(_SHAKE_WAVES, 6))
    height = rng.normal(scale=_SHAKE_AMPLITUDE, size=(_SHAKE_WAVES, 6)) / cycles
    shake = height * (np.sin(cycles * time[:, None, None] + phase) - np.sin(phase))
    motion = _MOTION_WEIGHTS * (drift * time[:, None] + shake.sum(axis=1))
    scale = float(speed)
    for _ in range(8 if speed else 0):
        scale *= speed / mean_path_length(
            _motion_to_homographies(motion * scale, size), size, exposure
        )
    return _motion_to_homographies(motion * scale, size)


def mean_path_length(path: Matrices, size: tuple[int, int], exposure: Span) -> float:
    """Mean length in pixels of the path of scene points during the exposure.

    From the first frame of the exposure to its last, over a grid of 9 x 9 points that spans the
    view in its middle.
    """
    during = np.asarray(np.linalg.inv(path[slice(*exposure)]), np.float64)
    ends = [(side - 1) / 2 for side in reversed(size)]
    x, y = np.meshgrid(*(np.linspace(-end, end, 9) for end in ends))
    trajectories = apply_homographies(during, np.stack([x.ravel(), y.ravel()]))
    return float(np.linalg.norm(np.diff(trajectories, axis=0), axis=1).sum(axis=0).mean())


def _motion_to_homographies(motions: Matrices, size: tuple[int, int]) -> Matrices:
    """Convert motions (frames, 6) in six degrees of freedom to homographies (frames, 3, 3)."""
    distance = math.hypot(*size) / 4
    units = np.array([1, 1, *[distance] * 2, *[distance**2] * 2])
    x, y, rotation, zoom, *tilts = motions.T / units[:, None]
    matrices = np.zeros((len(motions), 3, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.exp(zoom) * np.cos(rotation)
    matrices[:, 1, 0] = np.exp(zoom) * np.sin(rotation)
    matrices[:, 0, 1] = -matrices[:, 1, 0]
    matrices[:, :2, 2] = np.stack([x, y], axis=1)
    tilted = np.tile(np.eye(3), (len(motions), 1, 1))
    tilted[:, 2, :2] = np.stack(tilts, axis=1)
    matrices[:, 2, 2] = 1
    return np.asarray(matrices @ tilted)


def apply_homographies(matrices: Matrices, points: Matrices) -> Matrices:
    """Apply homographies (T, 3, 3) to points (2, n), with (T, 2, n) as the result."""
    places = matrices @ np.vstack([points, np.ones(points.shape[1])])
    return np.asarray(places[:, :2] / places[:, 2:])


def box_corners(width: float, height: float) -> Matrices:
    """Corners (2, 4) of a box of this size, the first one at (0, 0)."""
    return np.array([[0, width, 0, width], [0, 0, height, height]], float)

"""Smooth random ways of a camera over a scene, as homographies."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from spikecam.stream import Span

Matrices = npt.NDArray[np.float64]

# How far translation along and across, rotation, zoom and the two tilts carry a pixel at a typical
# distance from the middle, against a translation of 1. Hands turn and tilt a camera less than they
# shift it: at a distance, both look like translation.
_MIXTURE = np.array([1, 1, 0.35, 0.25, 0.1, 0.1])
# Sinusoids of the hand's shake: how many, cycles in the exposure, share in the velocity of each.
_WAVES, _CYCLES, _SHAKE = 3, (0.1, 1.0), 0.2


def camera_path(
    rng: np.random.Generator, size: tuple[int, int], frames: int, exposure: Span, speed: float
) -> Matrices:
    """A smooth random path over a scene of this size, homographies (frames, 3, 3).

    Each takes a pixel, counted from the middle of the view, to the place that it sees, as the view
    saw it in the middle of the exposure. The path is a drift in a random direction with sinusoids
    of a hand's shake, at most one cycle in the exposure, in all six ways to move: two of
    translation, rotation, zoom, two of tilt. It is scaled until `path_length` is ``speed``.
    """
    start, stop = exposure
    time = (np.arange(frames) - (start + stop - 1) / 2) / (stop - 1 - start)
    angle = rng.uniform(0, 2 * np.pi)
    drift = rng.normal(size=6)
    drift[:2] = np.cos(angle), np.sin(angle)
    cycles = 2 * np.pi * rng.uniform(*_CYCLES, size=(_WAVES, 6))
    phase = rng.uniform(0, 2 * np.pi, size=(_WAVES, 6))
    height = rng.normal(scale=_SHAKE, size=(_WAVES, 6)) / cycles
    shake = height * (np.sin(cycles * time[:, None, None] + phase) - np.sin(phase))
    way = _MIXTURE * (drift * time[:, None] + shake.sum(axis=1))
    amount = float(speed)
    for _ in range(8 if speed else 0):
        amount *= speed / path_length(_homographies(way * amount, size), size, exposure)
    return _homographies(way * amount, size)


def path_length(path: Matrices, size: tuple[int, int], exposure: Span) -> float:
    """Mean length of the ways that points of the scene go on the frame, in pixels.

    From the exposure's first frame to its last, over a grid of 9 x 9 points that spans the view in
    its middle.
    """
    during = np.asarray(np.linalg.inv(path[slice(*exposure)]), np.float64)
    ends = [(side - 1) / 2 for side in reversed(size)]
    x, y = np.meshgrid(*(np.linspace(-end, end, 9) for end in ends))
    ways = mapped(during, np.stack([x.ravel(), y.ravel()]))
    return float(np.linalg.norm(np.diff(ways, axis=0), axis=1).sum(axis=0).mean())


def _homographies(way: Matrices, size: tuple[int, int]) -> Matrices:
    """Homographies of ways (frames, 6), in pixels at a typical distance from the middle."""
    distance = math.hypot(*size) / 4
    x, y, turn, zoom, *tilts = way.T / np.array([[1, 1, *[distance] * 2, *[distance**2] * 2]]).T
    matrices = np.zeros((len(way), 3, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.exp(zoom) * np.cos(turn)
    matrices[:, 1, 0] = np.exp(zoom) * np.sin(turn)
    matrices[:, 0, 1] = -matrices[:, 1, 0]
    matrices[:, :2, 2] = np.stack([x, y], axis=1)
    tilted = np.tile(np.eye(3), (len(way), 1, 1))
    tilted[:, 2, :2] = np.stack(tilts, axis=1)
    matrices[:, 2, 2] = 1
    return np.asarray(matrices @ tilted)


def mapped(matrices: Matrices, points: Matrices) -> Matrices:
    """Where homographies (T, 3, 3) take points (2, n): (T, 2, n)."""
    places = matrices @ np.vstack([points, np.ones(points.shape[1])])
    return np.asarray(places[:, :2] / places[:, 2:])


def corners(width: float, height: float) -> Matrices:
    """The corners of a box whose first one is (0, 0), (2, 4)."""
    return np.array([[0, width, 0, width], [0, 0, height, height]], float)

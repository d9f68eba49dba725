"""Made-up depth: how near things are in a scene of a tilted ground, walls and blobs before it.

Nearness is 1 / distance, in which a thin lens blurs evenly: the radius of its disc is proportional
to the difference of nearness from that of the plane of focus (see `spikecam.scenes.defocus`).
"""

from __future__ import annotations

import cv2
import numpy as np

from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.sensor.sensor import check_seed

# Things of each kind that stand in front of the ground, at most.
_WALLS, _BLOBS = 2, 3
# How far nearness varies over one surface, at most.
_TILT = 0.35
# Cells of noise to the side of a picture whose hills are blobs.
_CELLS = 3, 7


def random_inverse_depth(shape: tuple[int, int], *, seed: int) -> Picture:
    """How near each pixel of a random scene is: 0 the farthest, 1 the nearest.

    A tilted plane with up to two walls, which end in a straight step, and up to three blobs of any
    shape in front of it; each is a tilted plane of its own, with sharp edges. Now and then there is
    the plane alone, or a scene at one distance.

    Args:
        shape: height and width.
        seed: of everything random.

    Returns:
        float32 (H, W) in [0, 1].

    Raises:
        OptionError: a side below 1 or not whole, or no seed.

    >>> near = random_inverse_depth((40, 60), seed=1)
    >>> near.shape, bool(near.min() >= 0 and near.max() <= 1)
    ((40, 60), True)
    """
    check_seed(seed)
    sides = np.shape(shape) == (2,) and all(isinstance(n, (int, np.integer)) for n in shape)
    if not sides or min(shape) < 1:
        raise OptionError(f"a scene has a height and a width in whole pixels, not {shape}")
    height, width = shape
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    places = (x / max(width - 1, 1) - 0.5, y / max(height - 1, 1) - 0.5)
    if rng.random() < 0.1:
        return np.full(shape, rng.random(), np.float32)
    near = _plane(places, float(rng.uniform(0, 0.6)), rng)
    for _ in range(int(rng.integers(_WALLS + 1))):
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.35, 0.35)
        wall = np.cos(angle) * places[0] + np.sin(angle) * places[1] > offset
        near = _before(near, wall, places, rng)
    for _ in range(int(rng.integers(_BLOBS + 1))):
        cells = rng.standard_normal(rng.integers(*_CELLS, 2)).astype(np.float32)
        hills = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
        near = _before(near, hills > rng.uniform(0.5, 1.2), places, rng)
    return np.clip(near, 0, 1)


def _plane(places: tuple[Picture, Picture], middle: float, rng: np.random.Generator) -> Picture:
    """Nearness of a tilted plane."""
    tilt = rng.uniform(-_TILT, _TILT, 2) * rng.random()
    plane: Picture = (middle + tilt[0] * places[0] + tilt[1] * places[1]).astype(np.float32)
    return plane


def _before(
    near: Picture, covered: np.ndarray, places: tuple[Picture, Picture], rng: np.random.Generator
) -> Picture:
    """Nearness with one more surface, in front of what it covers."""
    surface = _plane(places, float(rng.uniform(0.1, 1)), rng)
    return np.where(covered, np.maximum(near, surface), near)

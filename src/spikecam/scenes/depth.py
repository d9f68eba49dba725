"""Random inverse-depth maps of simple scenes: a tilted ground with walls and blobs in front.

A thin lens blurs evenly in inverse depth, 1 / distance: the radius of its disc is proportional to
the difference of inverse depth from that of the plane of focus (see `spikecam.scenes.defocus`).
"""

from __future__ import annotations

import cv2
import numpy as np

from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.sensor.sensor import check_seed

# Most surfaces of each kind in front of the ground.
_MAX_WALLS, _MAX_BLOBS = 2, 3
# Largest change of inverse depth over one surface.
_MAX_TILT = 0.35
# Cells along a side of the noise whose peaks become blobs: fewest, and one more than most.
_NOISE_CELLS = 3, 7


def random_inverse_depth(shape: tuple[int, int], *, seed: int) -> Picture:
    """Draw the inverse depth of a random scene: 0 the farthest, 1 the nearest.

    A tilted plane with up to two walls, which end in a straight step, and up to three blobs of any
    shape in front of it; each is a tilted plane of its own, with sharp edges. A tenth of the scenes
    is at one distance.

    Args:
        shape: height and width.
        seed: of everything random.

    Returns:
        float32 (H, W) in [0, 1].

    Raises:
        OptionError: a side below 1 or not whole, or an invalid seed.

    >>> depth = random_inverse_depth((40, 60), seed=1)
    >>> depth.shape, bool(depth.min() >= 0 and depth.max() <= 1)
    ((40, 60), True)
    """
    check_seed(seed)
    is_size = np.shape(shape) == (2,) and all(isinstance(n, (int, np.integer)) for n in shape)
    if not is_size or min(shape) < 1:
        raise OptionError(f"a scene has a height and a width in whole pixels, not {shape}")
    height, width = shape
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    position = (x / max(width - 1, 1) - 0.5, y / max(height - 1, 1) - 0.5)
    if rng.random() < 0.1:
        return np.full(shape, rng.random(), np.float32)
    inverse_depth = _random_tilted_plane(position, float(rng.uniform(0, 0.6)), rng)
    for _ in range(int(rng.integers(_MAX_WALLS + 1))):
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.35, 0.35)
        wall = np.cos(angle) * position[0] + np.sin(angle) * position[1] > offset
        inverse_depth = _add_random_surface(inverse_depth, wall, position, rng)
    for _ in range(int(rng.integers(_MAX_BLOBS + 1))):
        coarse_noise = rng.standard_normal(rng.integers(*_NOISE_CELLS, 2)).astype(np.float32)
        noise = cv2.resize(coarse_noise, (width, height), interpolation=cv2.INTER_CUBIC)
        inverse_depth = _add_random_surface(
            inverse_depth, noise > rng.uniform(0.5, 1.2), position, rng
        )
    return np.clip(inverse_depth, 0, 1)


def _random_tilted_plane(
    position: tuple[Picture, Picture], centre_depth: float, rng: np.random.Generator
) -> Picture:
    """Inverse depth of a plane of random tilt."""
    tilt = rng.uniform(-_MAX_TILT, _MAX_TILT, 2) * rng.random()
    plane: Picture = (centre_depth + tilt[0] * position[0] + tilt[1] * position[1]).astype(
        np.float32
    )
    return plane


def _add_random_surface(
    inverse_depth: Picture,
    covered_pixels: np.ndarray,
    position: tuple[Picture, Picture],
    rng: np.random.Generator,
) -> Picture:
    """Add a surface of random depth and tilt, in front where it covers pixels."""
    surface = _random_tilted_plane(position, float(rng.uniform(0.1, 1)), rng)
    return np.where(covered_pixels, np.maximum(inverse_depth, surface), inverse_depth)

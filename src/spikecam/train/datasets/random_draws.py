"""Random numbers and augmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def draw_log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """Draw a number between two bounds, uniformly on a logarithmic scale."""
    return float(np.exp(rng.uniform(*np.log(bounds))))


def random_rotate_and_flip(arrays: list[Array], rng: np.random.Generator) -> list[Array]:
    """Rotate and flip arrays (n, h, w, ...) at random, all in the same of the eight ways."""
    quarter_turns, flip = int(rng.integers(4)), rng.random() < 0.5
    arrays = [np.rot90(array, quarter_turns, (1, 2)) for array in arrays]
    return [array[:, :, ::-1] for array in arrays] if flip else arrays

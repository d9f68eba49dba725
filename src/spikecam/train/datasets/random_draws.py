"""Random numbers and augmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A number from the first to the second of two, evenly on a logarithmic scale."""
    return float(np.exp(rng.uniform(*np.log(bounds))))


def rotate_and_flip(arrays: list[Array], rng: np.random.Generator) -> list[Array]:
    """Arrays (n, h, w, ...) rotated and flipped in one of the eight ways, the same for all."""
    quarter_turns, flip = int(rng.integers(4)), rng.random() < 0.5
    arrays = [np.rot90(array, quarter_turns, (1, 2)) for array in arrays]
    return [array[:, :, ::-1] for array in arrays] if flip else arrays

"""Adam (Kingma and Ba, 2015) over arrays that grow, in one pass over the memory."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.rows import run_over_rows

Floats = npt.NDArray[np.float32]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-15


class Adam:
    """Adam for one array of N rows.

    Args:
        values: the array, (N, ...), float32 and contiguous; it is changed in place.
    """

    def __init__(self, values: Floats) -> None:
        self.first, self.second = np.zeros_like(values), np.zeros_like(values)
        self.step_number = 0

    def step(self, values: Floats, gradient: Floats, rate: float | Floats) -> None:
        """Change the values by a gradient of their shape, at a rate or one of each column."""
        self.step_number += 1
        rows = values.reshape(len(values), -1)
        size = math.sqrt(1 - BETA_2**self.step_number) / (1 - BETA_1**self.step_number)
        rates = np.broadcast_to(np.asarray(rate, np.float32) * np.float32(size), rows.shape[1])
        arrays = (rows, gradient.reshape(rows.shape), self.first, self.second)
        flat = (array.reshape(rows.shape) for array in arrays)
        run_over_rows(_adam_rows, len(rows), *flat, np.ascontiguousarray(rates))

    def replace_rows(self, rows: npt.NDArray[np.intp]) -> None:
        """Forget the past of some rows."""
        self.first[rows] = 0
        self.second[rows] = 0

    def restore(self, first: Floats, second: Floats, step_number: int) -> None:
        """Go back to moments, and the number of steps that made them."""
        self.first, self.second, self.step_number = first, second, step_number

    def append_rows(self, count: int) -> None:
        """Add rows without a past."""
        zeros = np.zeros((count, *self.first.shape[1:]), np.float32)
        self.first = np.concatenate([self.first, zeros])
        self.second = np.concatenate([self.second, zeros])


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz", "arcp"})
def _adam_rows(values, gradient, first, second, rates, start, stop):  # type: ignore[no-untyped-def]
    beta_1, beta_2 = np.float32(BETA_1), np.float32(BETA_2)
    rest_1, rest_2 = np.float32(1 - BETA_1), np.float32(1 - BETA_2)
    epsilon = np.float32(EPSILON)
    for n in range(start, stop):
        for i in range(values.shape[1]):
            g = gradient[n, i]
            first[n, i] = beta_1 * first[n, i] + rest_1 * g
            second[n, i] = beta_2 * second[n, i] + rest_2 * g * g
            values[n, i] -= rates[i] * first[n, i] / (np.sqrt(second[n, i]) + epsilon)

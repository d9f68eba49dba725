"""Noise of the sensor: photons, the reset, and spikes without cause.

Every frame's noise is drawn from the seed and the frame's number alone, so that it does not depend
on how a video is cut into blocks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.rows import in_threads

Charge = npt.NDArray[np.float32]

_DRAWS = 1 << 14


def photon_counts(charge: Charge, photons: float, seed: int, first: int) -> None:
    """Turn charges into those of photons that arrive at random, in place.

    Their number is drawn from the Poisson distribution, or, above 50, from the normal one that it
    then is to within a hundredth of its width.

    Args:
        charge: thresholds of charge, (n, H, W).
        photons: photons to a threshold.
        seed, first: the simulation's, and the number of the first frame.
    """

    def draw(i: int) -> None:
        rng = np.random.default_rng((seed, 1, first + i))
        expected = charge[i] * np.float32(photons)
        drawn = expected + np.sqrt(expected) * rng.standard_normal(expected.shape, np.float32)
        few = expected < 50
        drawn[few] = rng.poisson(expected[few])
        charge[i] = drawn / np.float32(photons)

    in_threads(draw, range(len(charge)))


def kicks(shape: tuple[int, ...], sigma: float, seed: int, first: int) -> Charge:
    """How far each reset would miss its level, in thresholds: Normal(0, sigma), (n, H, W)."""
    noise = np.empty(shape, np.float32)

    def draw(i: int) -> None:
        rng = np.random.default_rng((seed, 2, first + i))
        noise[i] = rng.standard_normal(shape[1:], np.float32) * np.float32(sigma)

    in_threads(draw, range(len(noise)))
    return noise


def add_spurious(
    packed: npt.NDArray[np.uint8],
    shape: tuple[int, ...],
    gaps: tuple[float, float],
    seed: int,
) -> None:
    """Add spikes without cause, in place (the simulator of SpikeReveal, section 4.1).

    They fall into every g-th cell, where cells are counted along rows, then columns, then time,
    and each g is drawn from Normal(mean, std) and at least 1.

    Args:
        packed: frames in the layout of `spikecam.bits`.
        shape: height and width.
        gaps: mean and standard deviation of g.
        seed: the simulation's.
    """
    height, width = shape
    left = len(packed) * height * width
    place = np.zeros(3, np.int64)
    mean, std = map(np.float32, gaps)
    seen = 0
    while left > 0:
        # As many draws as are needed on average, and at most 4 million at a time.
        rounds = range(seen, seen + min(int(left / gaps[0] / _DRAWS) + 1, 256))
        steps = np.empty((len(rounds), _DRAWS), np.int64)

        def draw(i: int, steps: npt.NDArray[np.int64] = steps, seen: int = seen) -> None:
            normal = np.random.default_rng((seed, 3, i)).standard_normal(_DRAWS, np.float32)
            np.rint(np.maximum(normal * std + mean, 1), out=steps[i - seen], casting="unsafe")

        in_threads(draw, rounds)
        seen = rounds.stop
        left -= int(steps.sum())
        _walk(packed, height, width, steps.reshape(-1), place)


@njit(nogil=True, cache=True, error_model="numpy")
def _walk(packed, height, width, steps, place):  # type: ignore[no-untyped-def]
    frames = len(packed)
    row, column, time = place
    for step in steps:
        time += step
        while time >= frames:
            time -= frames
            column += 1
            if column == width:
                column = 0
                row += 1
        if row >= height:
            break
        cell = (height - 1 - row) * width + column
        packed[time, cell >> 3] |= np.uint8(1) << np.uint8(cell & 7)
    place[0], place[1], place[2] = row, column, time

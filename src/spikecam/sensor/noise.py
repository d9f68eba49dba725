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
        drawn = np.empty_like(expected)
        _fill_normal(rng, drawn)
        drawn *= np.sqrt(expected)
        drawn += expected
        few = expected < 50
        drawn[few] = rng.poisson(expected[few])
        charge[i] = drawn / np.float32(photons)

    in_threads(draw, range(len(charge)))


def kicks(shape: tuple[int, ...], sigma: float, seed: int, first: int) -> Charge:
    """How far each reset would miss its level, in thresholds: Normal(0, sigma), (n, H, W)."""
    noise = np.empty(shape, np.float32)

    def draw(i: int) -> None:
        rng = np.random.default_rng((seed, 2, first + i))
        _fill_normal(rng, noise[i])
        noise[i] *= np.float32(sigma)

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
    rng = np.random.default_rng((seed, 3))
    _walk(packed, height, width, rng, float(gaps[0]), float(gaps[1]))


@njit(nogil=True, cache=True, error_model="numpy")
def _walk(packed, height, width, rng, mean, std):  # type: ignore[no-untyped-def]
    frames = len(packed)
    row, column, time = 0, 0, np.int64(0)
    # Drawn some at a time: draws and places wait for one another otherwise.
    gaps = np.empty(256, np.int64)
    while True:
        for i in range(len(gaps)):
            gaps[i] = max(int(mean + std * rng.standard_normal() + 0.5), 1)
        for gap in gaps:
            time += gap
            while time >= frames:
                time -= frames
                column += 1
                if column == width:
                    column = 0
                    row += 1
                    if row == height:
                        return
            cell = (height - 1 - row) * width + column
            packed[time, cell >> 3] |= np.uint8(1) << np.uint8(cell & 7)


@njit(nogil=True, cache=True, error_model="numpy")
def _fill_normal(rng, out):  # type: ignore[no-untyped-def]
    """Fill with draws from Normal(0, 1): three times as fast as numpy, and without its lock."""
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            out[row, column] = rng.standard_normal()

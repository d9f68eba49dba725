"""Noise of the sensor: shot noise, reset noise, and spurious spikes.

Every frame's noise is drawn from the seed and the frame's number alone, so that it does not depend
on how a video is cut into blocks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.rows import run_in_threads

Charge = npt.NDArray[np.float32]


def add_shot_noise(
    charge: Charge, photons_per_threshold: float, seed: int, first_frame_index: int
) -> None:
    """Add shot noise to charges in place. The number of photons is drawn from its distribution.

    The number is drawn from the Poisson distribution, or, above 50, from the normal distribution
    that approximates it to a hundredth of its width.

    Args:
        charge: thresholds of charge, (n, H, W).
        photons_per_threshold: photons per threshold.
        seed: of the simulation.
        first_frame_index: number of the first of these frames.
    """

    def draw_frame(i: int) -> None:
        rng = np.random.default_rng((seed, 1, first_frame_index + i))
        expected = charge[i] * np.float32(photons_per_threshold)
        counts = np.empty_like(expected)
        _fill_normal(rng, counts)
        counts *= np.sqrt(expected)
        counts += expected
        is_small = expected < 50
        counts[is_small] = rng.poisson(expected[is_small])
        charge[i] = counts / np.float32(photons_per_threshold)

    run_in_threads(draw_frame, range(len(charge)))


def draw_reset_noise(
    shape: tuple[int, ...], sigma: float, seed: int, first_frame_index: int
) -> Charge:
    """Draw reset noise in thresholds from Normal(0, sigma), float32 (n, H, W)."""
    noise = np.empty(shape, np.float32)

    def draw_frame(i: int) -> None:
        rng = np.random.default_rng((seed, 2, first_frame_index + i))
        _fill_normal(rng, noise[i])
        noise[i] *= np.float32(sigma)

    run_in_threads(draw_frame, range(len(noise)))
    return noise


def add_spurious_spikes(
    packed_frames: npt.NDArray[np.uint8],
    shape: tuple[int, ...],
    gap_mean_std: tuple[float, float],
    seed: int,
) -> None:
    """Add spurious spikes to packed frames at random gaps, in place (SpikeReveal, section 4.1).

    Cells are counted along time first, then columns, then rows; the next spike is set g cells after
    the last one, where each gap g is drawn from Normal(mean, std) and at least 1.

    Args:
        packed_frames: frames in the layout of `spikecam.bits`.
        shape: height and width.
        gap_mean_std: mean and standard deviation of g.
        seed: of the simulation.
    """
    height, width = shape
    rng = np.random.default_rng((seed, 3))
    _set_spurious_bits(
        packed_frames, height, width, rng, float(gap_mean_std[0]), float(gap_mean_std[1])
    )


@njit(nogil=True, cache=True, error_model="numpy")
def _set_spurious_bits(packed, height, width, rng, mean, std):  # type: ignore[no-untyped-def]
    frames = len(packed)
    row, column, time = 0, 0, np.int64(0)
    # Drawn in batches: drawing and setting one at a time would be slower.
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
def _fill_normal(rng, array):  # type: ignore[no-untyped-def]
    """Fill an array with draws from Normal(0, 1). It is faster than NumPy, and without its lock."""
    for row in range(array.shape[0]):
        for column in range(array.shape[1]):
            array[row, column] = rng.standard_normal()

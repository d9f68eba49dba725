"""Integrate-and-fire neurons under constant light, and surrogate gradients of their spikes.

    V_i = U_(i-1) + r,    s_i = [V_i >= 1],    U_i = V_i - max(floor(V_i), 0),    U_0 = phase

r is the charge that light brings in a frame, in thresholds (R light / V_th). The spikes are those
of `spikecam.sensor` for the same phase, bit by bit. A step has no slope; that of a smooth one
stands for it, in the spikes and in the resets, which are taken to be by 1:

    ds_i/dr = h'(V_i - 1) (i - sum_(j<i) ds_j/dr),    h(u) = 1/2 + arctan(pi u) / pi

so h'(u) = 1 / (1 + (pi u)^2), as in SpikingJelly (Fang et al., 2023) with alpha = 2. It is at most
1, so that the derivative of a spike is about the length of its interval, that of a count about the
number of frames, and a pixel too dark to fire has a derivative too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.rows import run_over_rows
from spikecam.views.gaussians import Floats


def integrate_and_fire(
    rate: Floats, phase: Floats, frames: int
) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Spikes of pixels under constant light.

    Args:
        rate: charge of a frame, in thresholds, float32 (H, W).
        phase: charge at the start, in thresholds, from 0 to 1, float32 (H, W).
        frames: how many are simulated, N.

    Returns:
        Spikes, 0 or 1, and the charge of each frame before it is reset, both (N, H, W).
    """
    spikes = np.empty((frames, *rate.shape), np.uint8)
    membranes = np.empty(spikes.shape, np.float32)
    run_over_rows(_fire_rows, len(rate), rate, phase, spikes, membranes)
    return spikes, membranes


def spike_derivatives(membranes: Floats) -> Floats:
    """Surrogate derivatives of spikes by the rate.

    Args:
        membranes: charge of each frame before it is reset, float32 (N, H, W).

    Returns:
        Derivative of the spike of each frame, (N, H, W); their sum is that of the count.
    """
    derivatives = np.empty_like(membranes)
    run_over_rows(_derive_rows, membranes.shape[1], membranes, derivatives)
    return derivatives


@njit(nogil=True, cache=True, error_model="numpy")
def _fire_rows(rate, phase, spikes, membranes, first, last):  # type: ignore[no-untyped-def]
    zero, one = np.float32(0), np.float32(1)
    for y in range(first, last):
        charge = phase[y].copy()
        for i in range(len(spikes)):
            for x in range(len(charge)):
                total = charge[x] + rate[y, x]
                membranes[i, y, x] = total
                spikes[i, y, x] = total >= one
                charge[x] = total - max(np.floor(total), zero)


@njit(nogil=True, cache=True, error_model="numpy")
def _derive_rows(membranes, derivatives, first, last):  # type: ignore[no-untyped-def]
    pi, one = np.float32(np.pi), np.float32(1)
    for y in range(first, last):
        count = np.zeros(membranes.shape[2], np.float32)
        for i in range(len(membranes)):
            for x in range(len(count)):
                distance = pi * (membranes[i, y, x] - one)
                slope = one / (one + distance * distance)
                derivatives[i, y, x] = slope * (np.float32(i + 1) - count[x])
                count[x] += derivatives[i, y, x]

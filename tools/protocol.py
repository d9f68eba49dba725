"""The field's simulated sensor, for the tools that need spikes (SpikeReveal, section 4.1)."""

import numpy as np

import spikecam as sc

FRAMES, EXPOSURE = 137, (20, 117)
# Frames of the exposure that are compared with the truth.
NUMBERS = (20, 36, 52, 68, 84, 100, 116)
# Charge that white collects in a frame, in thresholds of V_th = 1.
GAIN = 1.98543 / 2


def quarter_gray(picture):
    """What the monochrome sensor sees: two-tap bilinear at a quarter of the size, (H/4, W/4)."""
    gray = picture @ np.array([0.30, 0.59, 0.11])
    return (gray[1::4, 1::4] + gray[1::4, 2::4] + gray[2::4, 1::4] + gray[2::4, 2::4]) / 4


def fire(grays, threshold, rng):
    """Integrate-and-fire spikes from grays (T, H, W) in [0, 1], with random phase and noise.

    Spurious spikes fall every Normal(140, 50) cells in the order of rows, columns, time.
    """
    held = rng.random(grays.shape[1:])
    spikes = np.empty(grays.shape, bool)
    for spike, gray in zip(spikes, grays, strict=True):
        held += GAIN / threshold * gray
        spike[:] = held > 1
        held -= spike
    cells = spikes.transpose(1, 2, 0).flatten()
    gaps = np.round(np.maximum(rng.normal(140, 50, size=cells.size // 50), 1))
    spots = np.cumsum(gaps.astype(np.int64))
    cells[spots[spots < cells.size]] = True
    noisy = cells.reshape(*spikes.shape[1:], -1).transpose(2, 0, 1)
    return sc.SpikeStream.from_array(noisy)

"""Wiener's deconvolution by several discs, which a network mixes from place to place.

    X = conj(H) / (|H|^2 + lambda (f / f_N)^2) Y

with Y the picture's spectrum, H that of the disc, f the frequency and f_N Nyquist's (Wiener,
"Extrapolation, interpolation, and smoothing of stationary time series", 1949; the power of pictures
falls with the square of frequency, that of noise does not). Each is right where the scene is
blurred by that disc, and rings elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.picture import Picture
from spikecam.reconstruction.spectral_filters import (
    Size,
    Spectrum,
    cache_filters,
    frequency_grid,
    iter_filtered,
)
from spikecam.scenes.defocus import disc_kernel


def wiener_deconvolve(picture: Picture, config: RefocuserInputConfig) -> Picture:
    """Wiener deconvolutions of a picture (H, W) by each disc at each noise level, not clipped.

    Returns:
        float32, (``disc_radii`` times ``noise_levels``, H, W).
    """
    count = len(config.disc_radii) * len(config.noise_levels)
    deconvolved = np.empty((count, *picture.shape), np.float32)
    filtered = iter_filtered(picture, partial(_iter_wiener_filters, config), config.border)
    for plane, result in zip(deconvolved, filtered, strict=True):
        plane[:] = result
    return deconvolved


@cache_filters
def _iter_wiener_filters(config: RefocuserInputConfig, size: Size) -> Iterator[Spectrum]:
    """Yield the spectrum of each Wiener filter. Discs are even, so that it is real."""
    # Nyquist's frequency is half a cycle a pixel.
    noise_power = np.square(2 * frequency_grid(size))
    for radius in config.disc_radii:
        kernel = np.zeros(size, np.float32)
        weights = disc_kernel(radius)
        kernel[: len(weights), : len(weights)] = weights
        centred = np.roll(kernel, (-(len(weights) // 2), -(len(weights) // 2)), (0, 1))
        blur = np.fft.rfft2(centred).real
        for noise_level in config.noise_levels:
            yield (blur / (blur**2 + noise_level * noise_power)).astype(np.float32)

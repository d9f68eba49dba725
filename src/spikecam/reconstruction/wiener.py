"""Wiener's deconvolution by several discs, which a network mixes from place to place.

    X = conj(H) / (|H|^2 + lambda (f / f_N)^2) Y

with Y the picture's spectrum, H that of the disc, f the frequency and f_N Nyquist's (Wiener,
"Extrapolation, interpolation, and smoothing of stationary time series", 1949; the power of pictures
falls with the square of frequency, that of noise does not). Each is right where the scene is
blurred by that disc, and rings elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spikecam.picture import Picture
from spikecam.reconstruction.spectrum import Size, Spectrum, filtered, frequencies, remembered
from spikecam.scenes.defocus import disc_kernel

# Radii in pixels; and lambda, from much noise to hardly any.
RADII = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.75, 5.75, 7.0, 8.5, 10.5)
NOISE = (1.0, 0.1, 0.01)


def deconvolved(picture: Picture) -> Picture:
    """A picture (H, W) without each disc, for each lambda: (36, H, W), not clipped."""
    made = np.empty((len(RADII) * len(NOISE), *picture.shape), np.float32)
    for place, one in zip(made, filtered(picture, _inverses), strict=True):
        place[:] = one
    return made


@remembered
def _inverses(size: Size) -> Iterator[Spectrum]:
    """The spectrum of each deconvolution; discs are even, so that it is real."""
    # Nyquist's frequency is half a turn a pixel.
    steep = np.square(2 * frequencies(size))
    for radius in RADII:
        kernel = np.zeros(size, np.float32)
        own = disc_kernel(radius)
        kernel[: len(own), : len(own)] = own
        centred = np.roll(kernel, (-(len(own) // 2), -(len(own) // 2)), (0, 1))
        blur = np.fft.rfft2(centred).real
        for noise in NOISE:
            yield (blur / (blur**2 + noise * steep)).astype(np.float32)

"""Wiener's deconvolution by several discs, which a network mixes from place to place.

    X = conj(H) / (|H|^2 + lambda (f / f_N)^2) Y

with Y the picture's spectrum, H that of the disc, f the frequency and f_N Nyquist's (Wiener,
"Extrapolation, interpolation, and smoothing of stationary time series", 1949; the power of pictures
falls with the square of frequency, that of noise does not). Each is right where the scene is
blurred by that disc, and rings elsewhere.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.camera.defocus import disc
from spikecam.picture import Picture

# Radii in pixels, a quarter larger from one to the next; and lambda, for noise and for hardly any.
RADII = (0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0, 10.0)
NOISE = (1.0, 0.1)
# A picture is mirrored so far beyond its border, which the spectrum would join with the other side.
_EDGE = 24


def deconvolved(picture: Picture) -> Picture:
    """A picture (H, W) without each disc, for each lambda: (24, H, W), not clipped."""
    height, width = picture.shape
    size = cv2.getOptimalDFTSize(height + 2 * _EDGE), cv2.getOptimalDFTSize(width + 2 * _EDGE)
    around = [
        (_EDGE, whole - side - _EDGE) for whole, side in zip(size, picture.shape, strict=True)
    ]
    spectrum = np.fft.rfft2(np.pad(picture, around, mode="symmetric"))
    inside = slice(_EDGE, _EDGE + height), slice(_EDGE, _EDGE + width)
    return np.stack(
        [np.fft.irfft2(spectrum * inverse, size)[inside] for inverse in _inverses(size)]
    ).astype(np.float32)


@lru_cache(maxsize=4)
def _inverses(size: tuple[int, int]) -> list[npt.NDArray[np.float32]]:
    """The spectrum of each deconvolution; discs are even, so that it is real."""
    down, across = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    # Nyquist's frequency is half a turn a pixel.
    steep = 4 * (down**2 + across**2)
    found = []
    for radius in RADII:
        kernel = np.zeros(size, np.float32)
        own = disc(radius)
        kernel[: len(own), : len(own)] = own
        centred = np.roll(kernel, (-(len(own) // 2), -(len(own) // 2)), (0, 1))
        blur = np.fft.rfft2(centred).real
        found += [(blur / (blur**2 + n * steep)).astype(np.float32) for n in NOISE]
    return found

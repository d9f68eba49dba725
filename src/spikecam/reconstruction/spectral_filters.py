"""Even filters of pictures by their spectrum, remembered for the sizes that were used last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture

Size = tuple[int, int]
# A filter's real spectrum for pictures of a size (h, w): (h, w // 2 + 1).
Spectrum = npt.NDArray[np.float32]
Constants = TypeVar("Constants")
# Pixels of pictures whose filters are remembered, and of how many constants and sizes.
_CACHE_PIXELS, _CACHED_BANKS = 2 << 20, 3


def iter_filtered(
    picture: Picture, make_filters: Callable[[Size], Iterable[Spectrum]], border: int
) -> Iterator[Picture]:
    """Yield a picture (H, W) after each of several filters of its spectrum.

    It is mirrored at its border.
    """
    height, width = picture.shape
    size = cv2.getOptimalDFTSize(height + 2 * border), cv2.getOptimalDFTSize(width + 2 * border)
    edges = [
        (border, whole - side - border) for whole, side in zip(size, picture.shape, strict=True)
    ]
    spectrum = np.fft.rfft2(np.pad(picture, edges, mode="symmetric")).astype(np.complex64)
    for response in make_filters(size):
        filtered = np.fft.irfft2(spectrum * response, size)[border:, border:][:height, :width]
        yield np.ascontiguousarray(filtered, np.float32)


def frequency_grid(size: Size) -> npt.NDArray[np.float64]:
    """Frequency at each place of the spectrum of a real picture (h, w), in cycles a pixel."""
    down, across = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    return np.asarray(np.hypot(down, across))


def cache_filters(
    make_filters: Callable[[Constants, Size], Iterator[Spectrum]],
) -> Callable[[Constants, Size], Iterable[Spectrum]]:
    """Decorate a function that makes filters, so that its last results are cached."""
    remembered = lru_cache(maxsize=_CACHED_BANKS)(
        lambda constants, size: list(make_filters(constants, size))
    )

    def filters(constants: Constants, size: Size) -> Iterable[Spectrum]:
        small = size[0] * size[1] <= _CACHE_PIXELS
        return remembered(constants, size) if small else make_filters(constants, size)

    return filters

"""How much there is of each frequency about a place, by which a disc of defocus can be told.

A disc of radius r takes away the frequencies about 0.61 / r, 1.12 / r, 1.62 / r ... cycles a pixel,
the zeros of its spectrum 2 J1(2 pi r f) / (2 pi r f), whatever the scene is. So a picture is taken
apart into rings of frequencies, and the mean square of each is told in cells of eight pixels. That
a network is told of it so is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture
from spikecam.tiles import UNIT

Size = tuple[int, int]
# A filter's real spectrum for pictures of a size (h, w): (h, w // 2 + 1).
Spectrum = npt.NDArray[np.float32]
Filters = Callable[[Size], Iterable[Spectrum]]
# Middles of the rings, in cycles a pixel: four to an octave, and evenly where these lie farther
# apart than the zeros of large discs. A ring goes from the middle of the last to that of the next.
MIDDLES = (*(0.03 * 2 ** (k / 4) for k in range(8)), *(0.12 + 0.03 * k for k in range(13)))
_ENDS = 0.025, 0.51
# Rings of low frequencies are short and hold little: energies are divided by the frequency, down to
# this one.
_SHORT = 0.05
# A picture is mirrored so far beyond its border, which the spectrum would join with the other side.
_EDGE = 24
# Pixels of pictures whose filters are remembered.
_REMEMBERED = 2 << 20


def energies(picture: Picture) -> Picture:
    """Mean squares of each ring of a picture (H, W) in cells, over its frequency: (21, H/8, W/8).

    Sides are multiples of 8.
    """
    rows, columns = (side // UNIT for side in picture.shape)
    cells = (one.reshape(rows, UNIT, columns, UNIT) for one in filtered(picture, _rings))
    return np.stack([np.square(one).mean(axis=(1, 3)) for one in cells])


def filtered(picture: Picture, filters: Filters) -> Iterator[Picture]:
    """A picture (H, W), mirrored beyond its border, by each of several even filters."""
    height, width = picture.shape
    size = cv2.getOptimalDFTSize(height + 2 * _EDGE), cv2.getOptimalDFTSize(width + 2 * _EDGE)
    around = [
        (_EDGE, whole - side - _EDGE) for whole, side in zip(size, picture.shape, strict=True)
    ]
    spectrum = np.fft.rfft2(np.pad(picture, around, mode="symmetric")).astype(np.complex64)
    for one in filters(size):
        made = np.fft.irfft2(spectrum * one, size)[_EDGE:, _EDGE:][:height, :width]
        yield np.ascontiguousarray(made, np.float32)


def frequencies(size: Size) -> npt.NDArray[np.float64]:
    """Of each place in the spectrum of a real picture (h, w), in cycles a pixel."""
    down, across = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])
    return np.asarray(np.hypot(down, across))


def remembered(make: Callable[[Size], Iterator[Spectrum]]) -> Filters:
    """Filters of the last few sizes are remembered, but for large ones."""
    kept = lru_cache(maxsize=3)(lambda size: list(make(size)))
    return lambda size: kept(size) if size[0] * size[1] <= _REMEMBERED else make(size)


@remembered
def _rings(size: Size) -> Iterator[Spectrum]:
    """Rings that rise and fall as the square of a sine."""
    frequency = frequencies(size)
    edges = (_ENDS[0], *MIDDLES, _ENDS[1])
    for before, middle, after in zip(edges, edges[1:], edges[2:], strict=False):
        share = np.interp(frequency, (before, middle, after), (0, 1, 0))
        ring = np.sin(share * np.pi / 2) ** 2 / np.sqrt(max(middle, _SHORT))
        yield ring.astype(np.float32)

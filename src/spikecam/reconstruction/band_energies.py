"""Energy of each frequency band about a place, by which a disc of defocus can be estimated.

A disc of radius r takes away the frequencies about 0.61 / r, 1.12 / r, 1.62 / r ... cycles a pixel,
the zeros of its spectrum 2 J1(2 pi r f) / (2 pi r f), whatever the scene is. So a picture is
divided into frequency bands, and the mean square of each is measured in cells of eight pixels;
ours.
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
from spikecam.tiles import UNIT_PIXELS


def band_energies(picture: Picture, config: RefocuserInputConfig) -> Picture:
    """Energy of each frequency band of a picture (H, W) in cells of 8 x 8 pixels: (K, H/8, W/8).

    It is the mean square over the band's frequency. Sides are multiples of 8. A band goes from the
    centre of the last to that of the next.
    """
    rows, columns = (side // UNIT_PIXELS for side in picture.shape)
    bands = iter_filtered(picture, partial(_iter_band_filters, config), config.border)
    cells = (band.reshape(rows, UNIT_PIXELS, columns, UNIT_PIXELS) for band in bands)
    return np.stack([np.square(cell).mean(axis=(1, 3)) for cell in cells])


@cache_filters
def _iter_band_filters(config: RefocuserInputConfig, size: Size) -> Iterator[Spectrum]:
    """Yield the spectrum of each band-pass filter.

    They are rings that rise and fall as the square of a sine.
    """
    frequency = frequency_grid(size)
    low, high = config.band_limits
    edges = (low, *config.band_centres, high)
    for before, centre, after in zip(edges, edges[1:], edges[2:], strict=False):
        share = np.interp(frequency, (before, centre, after), (0, 1, 0))
        scale = np.sqrt(max(centre, config.min_band_frequency))
        ring = np.sin(share * np.pi / 2) ** 2 / scale
        yield ring.astype(np.float32)

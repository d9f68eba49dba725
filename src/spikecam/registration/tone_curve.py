"""How bright the spikes see what a picture shows: the tone curve between the two.

A picture is gamma-encoded, exposed at will and cut off at white; spikes follow the light. What
the spikes see on average where the picture has a gray g is the best guess at their relation:

    curve(g) = mean of rate(x) where gray(x) is near g, made monotone
"""

from __future__ import annotations

import numpy as np

from spikecam.picture import Picture
from spikecam.registration.alignment import Floats

_BINS = 24


def tone_curve(gray: Picture, rate: Picture) -> tuple[Floats, Floats]:
    """The curve as (grays, rates), both rising, for `numpy.interp`.

    Args:
        gray: grays of any number of pixels, in one axis.
        rate: firing rates of the same pixels.
    """
    edges = np.unique(np.quantile(gray, np.linspace(0, 1, _BINS + 1)))
    bins = np.clip(np.searchsorted(edges, gray, "right") - 1, 0, max(len(edges) - 2, 0))
    sizes = np.bincount(bins).astype(np.float64)
    filled = sizes > 0
    grays, rates = (np.bincount(bins, plane)[filled] / sizes[filled] for plane in (gray, rate))
    return grays, _rising(rates, sizes[filled])


def _rising(values: Floats, weights: Floats) -> Floats:
    """The rising sequence nearest in least squares: neighbours that fall are made one."""
    runs: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, total, length = float(value), float(weight), 1
        while runs and runs[-1][0] > mean:
            before, more, others = runs.pop()
            mean = (mean * total + before * more) / (total + more)
            total, length = total + more, length + others
        runs.append((mean, total, length))
    return np.repeat([mean for mean, _, _ in runs], [length for _, _, length in runs])

"""Curve from the gray of a picture to the firing rates of the same scene.

A picture is gamma-encoded, exposed at will and clipped at white; spikes follow the light. The
curve is the mean rate by gray, made monotone by isotonic regression:

    curve(g) = mean of rate(x) where gray(x) is near g
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression

from spikecam.picture import Picture
from spikecam.registration.alignment import Floats

_BIN_COUNT = 24


def fit_rate_curve(gray: Picture, rate: Picture) -> tuple[Floats, Floats]:
    """Fit the curve from gray to firing rate.

    It is (grays, rates), both rising, for `numpy.interp`.

    Args:
        gray: grays of any number of pixels, in one axis.
        rate: firing rates of the same pixels.
    """
    edges = np.unique(np.quantile(gray, np.linspace(0, 1, _BIN_COUNT + 1)))
    bins = np.clip(np.searchsorted(edges, gray, "right") - 1, 0, max(len(edges) - 2, 0))
    sizes = np.bincount(bins).astype(np.float64)
    filled = sizes > 0
    grays, rates = (np.bincount(bins, plane)[filled] / sizes[filled] for plane in (gray, rate))
    return grays, isotonic_regression(rates, weights=sizes[filled]).x

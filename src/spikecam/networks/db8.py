"""Filters of the orthogonal wavelet db8 (Daubechies 1988); of its own, since it needs no torch."""

from __future__ import annotations

# The filter that reconstructs from approximations; that of the details follows from it.
LOW_PASS = (
    0.05441584224308161,
    0.3128715909144659,
    0.6756307362980128,
    0.5853546836548691,
    -0.015829105256023893,
    -0.2840155429624281,
    0.00047248457399797254,
    0.128747426620186,
    -0.01736930100202211,
    -0.04408825393106472,
    0.013981027917015516,
    0.008746094047015655,
    -0.00487035299301066,
    -0.0003917403729959771,
    0.0006754494059985568,
    -0.00011747678400228192,
)
HIGH_PASS = tuple((-1) ** i * tap for i, tap in enumerate(reversed(LOW_PASS)))

"""What a generative method gives of one moment: samples, their mean and their spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture

# The spread shown as white is at least this, so that what is certain stays dark.
_MIN_WHITE_SPREAD = 0.02
# Share of a picture's pixels whose spread is below white.
_BELOW_WHITE = 0.995


@dataclass(frozen=True)
class Generated:
    """Samples of the sharp picture of one moment.

    Attributes:
        mean: of all samples, (h, w, 3) or (h, w), float32 in [0, 1].
        spread: standard deviation of the samples, (h, w), the mean over colours: where it is
            large, the picture is a guess. 0 where there is one sample.
        samples: all of them, (S, h, w, 3) or (S, h, w).
    """

    mean: Picture
    spread: Picture
    samples: npt.NDArray[np.float32]

    @staticmethod
    def from_samples(samples: npt.NDArray[np.float32]) -> Generated:
        """Build the object from samples: their mean and spread are computed.

        >>> float(Generated.from_samples(np.array([[[0.2]], [[0.4]]], np.float32)).spread[0, 0])
        0.10000000149011612
        """
        mean = samples.mean(axis=0)
        # One after another: all at once would take as much memory again.
        squares = (np.square(sample - mean) for sample in samples)
        total = sum(squares, np.zeros(mean.shape, np.float32))
        spread = np.sqrt(total / np.float32(len(samples)))
        return Generated(mean, spread if spread.ndim == 2 else spread.mean(axis=2), samples)

    def __repr__(self) -> str:
        height, width = self.spread.shape
        colours = "gray" if self.mean.ndim == 2 else "colour"
        return f"Generated(samples={len(self.samples)}, {height}x{width}, {colours})"


def spread_shown_as_white(spreads: Iterable[Picture]) -> float:
    """The spread that is displayed as white.

    It is above 99.5 % of the pixels of every picture, and 0.02 at least.

    Args:
        spreads: (h, w) each, of the pictures that are shown alike.
    """
    limits = (float(np.quantile(spread, _BELOW_WHITE)) for spread in spreads)
    return max([_MIN_WHITE_SPREAD, *limits])

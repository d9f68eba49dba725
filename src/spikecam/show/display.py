"""Display mapping: percentile stretch and gamma, for looking at, never for measuring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.picture import Picture


@dataclass(frozen=True)
class DisplayMapping:
    """Maps values for display, by black, white and gamma.

    It gives ((x - black) / (white - black)) ** (1 / gamma), in [0, 1].

    One mapping serves all frames of a video, so that they do not flicker.

    Raises:
        OptionError: white is not above black, or gamma is not positive.
    """

    black: float = 0.0
    white: float = 1.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if not (self.white > self.black and self.gamma > 0):
            raise OptionError(
                "a display mapping needs white above black and a positive gamma, not black "
                f"{self.black:.4g}, white {self.white:.4g}, gamma {self.gamma:.4g}"
            )

    @classmethod
    def fit(
        cls, pictures: npt.ArrayLike, low: float = 1.0, high: float = 99.0, gamma: float = 1.0
    ) -> DisplayMapping:
        """The mapping that shows the ``low`` percentile as black and ``high`` as white.

        Args:
            pictures: one picture, or a sample of the frames to be shown.
            low, high: percentiles, 0 <= low < high <= 100.
            gamma: above 1 lifts the shadows; 2.2 suits light that was measured linearly.
        """
        if not 0 <= low < high <= 100:
            raise OptionError(f"percentiles rise within 0 to 100, unlike {low:g}:{high:g}")
        black, white = (float(v) for v in np.percentile(np.asarray(pictures), [low, high]))
        # A picture of one brightness has nothing to stretch.
        return cls(black, white, gamma) if white > black else cls(gamma=gamma)

    def __call__(self, picture: npt.ArrayLike) -> Picture:
        """Apply the mapping, float32 in [0, 1]; the argument is not changed."""
        stretched = (np.asarray(picture, np.float32) - self.black) / (self.white - self.black)
        mapped = np.clip(stretched, 0, 1) ** (1 / self.gamma)
        return np.asarray(mapped, np.float32)


def stretch_for_display(
    picture: npt.ArrayLike, *, low: float = 1.0, high: float = 99.0, gamma: float = 1.0
) -> Picture:
    """Stretch a copy of a picture or sequence for the eye, to [0, 1]; see `DisplayMapping.fit`.

    >>> stretch_for_display([[0.25, 0.5, 0.75]], low=0, high=100).tolist()
    [[0.0, 0.5, 1.0]]
    """
    return DisplayMapping.fit(picture, low, high, gamma)(picture)

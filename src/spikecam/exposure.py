"""Exposure: which frames a blurry picture is made of, and the picture itself, their mean.

The protocol of Spike-GOPRO (SpikeReveal, section 4.1) averages 97 frames of 8-bit pictures as they
are stored, gamma-encoded; the next exposure starts 7 frames later. A real sensor adds up light:
``linear`` takes the sRGB curve (IEC 61966-2-1) off before the mean and puts it on again.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError, RangeError
from spikecam.picture import Picture, check_picture
from spikecam.stream import Span

# Spike-GOPRO: frames of an exposure, between two of them, and of spikes before and after each; the
# frames of spikes that go with one, and the exposure among them.
LENGTH, GAP, MARGIN = 97, 7, 20
FRAMES, EXPOSURE = 137, (20, 117)


def exposures(
    total: int, *, length: int = LENGTH, gap: int = GAP, margin: int = MARGIN
) -> list[Span]:
    """Spans (start, stop) of the exposures that a stream of frames has room for.

    Args:
        total: frames in the stream.
        length: frames of an exposure.
        gap: frames from the end of one to the start of the next.
        margin: frames before and after each for which there are spikes as well; those of
            neighbours may overlap.

    Raises:
        OptionError: a length below 1, or a gap or margin below 0.
        RangeError: the stream is too short for one.

    >>> exposures(241)
    [(20, 117), (124, 221)]
    """
    try:
        total, length, gap, margin = map(operator.index, (total, length, gap, margin))
    except TypeError:
        raise OptionError("exposures are counted in whole frames") from None
    if length < 1 or gap < 0 or margin < 0:
        raise OptionError(
            "an exposure has 1 or more frames, a gap and a margin 0 or more: "
            f"not {length}, {gap} and {margin}"
        )
    if total < length + 2 * margin:
        raise RangeError(
            f"{total} frames are too few for an exposure of {length} with {margin} before and "
            f"after it; take at least {length + 2 * margin}"
        )
    starts = range(margin, total - margin - length + 1, length + gap)
    return [(start, start + length) for start in starts]


def blurred(frames: Iterable[npt.ArrayLike], *, linear: bool = False) -> Picture:
    """The blurry picture of an exposure: the mean of its frames, in one pass.

    Args:
        frames: pictures of one size, (H, W) or (H, W, 3), uint8 or floats in [0, 1].
        linear: average light; by default the encoded values are averaged as they are.

    Returns:
        float32 in [0, 1], encoded as the frames are.

    Raises:
        OptionError: no frames, frames of different sizes, or values that are not finite or not in
            [0, 1].

    >>> float(blurred([np.zeros((1, 1)), np.ones((1, 1))])[0, 0])
    0.5
    >>> round(float(blurred([np.zeros((1, 1)), np.ones((1, 1))], linear=True)[0, 0]), 3)
    0.735
    """
    picture = Exposure(linear=linear)
    for frame in frames:
        picture.add(frame)
    return picture.picture()


class Exposure:
    """A blurry picture in the making, to which frames are added one at a time.

    Args:
        linear: as for `blurred`.
    """

    def __init__(self, *, linear: bool = False) -> None:
        self.linear, self.count = linear, 0
        self._total: npt.NDArray[np.float64] | None = None

    def add(self, frame: npt.ArrayLike) -> None:
        """Add a frame; errors as for `blurred`."""
        self.count += 1
        levels = check_picture(frame, f"frame {self.count} of an exposure")
        if self._total is None:
            self._total = np.zeros(levels.shape)
        if levels.shape != self._total.shape:
            raise OptionError(
                f"frames of an exposure have one size, but frame {self.count} is {levels.shape} "
                f"after {self._total.shape}; cut or scale them first"
            )
        if self.linear:
            bytes_ = levels.dtype == np.uint8
            self._total += _levels_to_linear()[levels] if bytes_ else to_linear(levels)
        else:
            # Whole levels add up exactly; the division at the end is the only rounding.
            self._total += levels if levels.dtype == np.uint8 else levels * 255.0

    def picture(self) -> Picture:
        """The mean of what was added, float32 in [0, 1].

        Raises:
            OptionError: nothing was.
        """
        if self._total is None:
            raise OptionError("an exposure needs at least one frame, and there was none")
        if self.linear:
            mean = to_encoded(self._total / self.count)
        else:
            mean = self._total / (255.0 * self.count)
        return np.clip(mean.astype(np.float32), 0, 1)


def to_linear(encoded: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Light in [0, 1] of sRGB values in [0, 1] (IEC 61966-2-1).

    >>> round(float(to_linear(0.5)), 4)
    0.214
    """
    value = np.asarray(encoded, np.float64)
    light: npt.NDArray[np.float64] = np.where(
        value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4
    )
    return light


def to_encoded(light: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The sRGB values in [0, 1] of light in [0, 1], the inverse of `to_linear`."""
    value = np.asarray(light, np.float64)
    encoded: npt.NDArray[np.float64] = np.where(
        value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055
    )
    return encoded


@cache
def _levels_to_linear() -> npt.NDArray[np.float64]:
    return to_linear(np.arange(256) / 255)

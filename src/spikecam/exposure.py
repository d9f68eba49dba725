"""Exposure of a blurry picture: its frames among the spikes, and the picture as their mean.

An exposure is a span of frames (start, stop) during which the shutter was open. Frame-based
protocols average 8-bit pictures as they are stored, gamma-encoded (SpikeReveal, section 4.1). A
real sensor adds up light: with the encoding of the frames, their light is averaged and encoded.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from spikecam.encoding import Encoding, parse_encoding
from spikecam.errors import OptionError
from spikecam.picture import Picture, check_picture
from spikecam.stream import Span, SpikeStream


def resolve_exposure(stream: SpikeStream, exposure: Span | None = None) -> Span:
    """Exposure (start, stop) to use: the argument, else the recording's, else all of it.

    Nothing is inferred from the length of a recording. A recording knows its exposure from its
    sidecar file or from the data set that it was read from (`SpikeStream.exposure`).

    Raises:
        RangeError: the exposure leaves the recording.

    >>> resolve_exposure(SpikeStream.from_array(np.zeros((137, 1, 1))))
    (0, 137)
    """
    if exposure is not None:
        return stream.check_exposure(exposure)
    return stream.exposure or (0, len(stream))


def average_frames(
    frames: Iterable[npt.ArrayLike], *, encoding: str | Encoding = "linear"
) -> Picture:
    """Average frames to the blurry picture of their exposure.

    Args:
        frames: pictures of one size, (H, W) or (H, W, 3), uint8 or floats in [0, 1].
        encoding: of the frames, such as "srgb"; by default their values are taken as light.

    Returns:
        float32 in [0, 1], encoded as the frames are.

    Raises:
        OptionError: no frames, frames of different sizes, or values that are not finite or not in
            [0, 1].

    >>> float(average_frames([np.zeros((1, 1)), np.ones((1, 1))])[0, 0])
    0.5
    >>> frames = [np.zeros((1, 1)), np.ones((1, 1))]
    >>> round(float(average_frames(frames, encoding="srgb")[0, 0]), 3)
    0.735
    """
    average = FrameAverage(encoding=encoding)
    for frame in frames:
        average.add(frame)
    return average.mean_picture()


class FrameAverage:
    """Running average of frames, which are added one at a time.

    Args:
        encoding: as for `average_frames`.
    """

    def __init__(self, *, encoding: str | Encoding = "linear") -> None:
        self.encoding, self.count = parse_encoding(encoding), 0
        self._total: npt.NDArray[np.float64] | None = None

    def add(self, frame: npt.ArrayLike) -> None:
        """Add a frame to the average; errors as for `average_frames`."""
        self.count += 1
        levels = check_picture(frame, f"frame {self.count} of an exposure")
        if self._total is None:
            self._total = np.zeros(levels.shape)
        if levels.shape != self._total.shape:
            raise OptionError(
                f"frames of an exposure have one size, but frame {self.count} is {levels.shape} "
                f"after {self._total.shape}; crop or scale them first"
            )
        if not self.encoding.is_linear:
            is_bytes = levels.dtype == np.uint8
            self._total += (
                self.encoding.light_of_levels[levels] if is_bytes else self.encoding.decode(levels)
            )
        else:
            # Whole levels add up exactly; the division at the end is the only rounding.
            self._total += levels if levels.dtype == np.uint8 else levels * 255.0

    def mean_picture(self) -> Picture:
        """Mean of the frames that were added so far, float32 in [0, 1].

        Raises:
            OptionError: there are none.
        """
        if self._total is None:
            raise OptionError("an exposure needs at least one frame, and there was none")
        if not self.encoding.is_linear:
            return np.clip(self.encoding.encode(self._total / self.count), 0, 1)
        mean = self._total / (255.0 * self.count)
        return np.clip(mean.astype(np.float32), 0, 1)

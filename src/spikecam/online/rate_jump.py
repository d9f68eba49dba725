"""Jumps of the firing rate, at which something happens before a camera."""

from __future__ import annotations

import numpy as np

from spikecam.errors import OptionError
from spikecam.stream import SpikeStream

# Time over which the usual rate is averaged, and for which no jump follows another.
_MEMORY_SECONDS = 0.1
# Frames of a block whose spikes are counted.
_SAMPLED_FRAMES = 16
# Spikes a pixel and frame; what is below is taken to be this: one spike in the dark is no jump.
_MIN_RATE = 1e-3


class RateJumpDetector:
    """Detector of blocks whose firing rate, over all pixels, is another than it was.

    Args:
        factor: above 1; a rate so many times as high as the mean of the last tenth of a second, or
            as low, is a jump.
        rate: frames per second.

    Raises:
        OptionError: the factor is not above 1.
    """

    def __init__(self, factor: float, rate: float) -> None:
        if not factor > 1:
            raise OptionError(f"a jump of the firing rate is a factor above 1, not {factor:g}")
        self._factor = factor
        self._memory_frames = _MEMORY_SECONDS * rate
        self._mean, self._frame_count = 0.0, 0

    def update(self, frames: SpikeStream) -> bool:
        """Advance by the frames that come next; True if their rate is a jump."""
        if not len(frames):
            return False
        sampled = frames.packed()[:: max(1, len(frames) // _SAMPLED_FRAMES)]
        spikes = int(np.bitwise_count(sampled).sum())
        rate = max(spikes / (len(sampled) * frames.height * frames.row_width), _MIN_RATE)
        known = self._frame_count >= self._memory_frames
        ratio = max(rate / self._mean, self._mean / rate) if known else 1.0
        if ratio >= self._factor:
            self._mean, self._frame_count = rate, len(frames)
            return True
        self._frame_count += len(frames)
        # A plain mean at first, then one that forgets.
        share = len(frames) / min(self._frame_count, max(self._memory_frames, len(frames)))
        self._mean += share * (rate - self._mean)
        return False

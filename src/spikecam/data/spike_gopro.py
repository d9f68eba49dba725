"""Timing of Spike-GOPRO (SpikeReveal, section 4.1): its exposures among the frames of spikes.

A blurry picture is the mean of 97 frames; the next exposure starts 7 frames later. Its recording
of 137 frames begins 20 frames before the exposure and ends 20 frames after it.
"""

from __future__ import annotations

import operator

from spikecam.errors import OptionError, RangeError
from spikecam.stream import Span

EXPOSURE_FRAMES, GAP_FRAMES, MARGIN_FRAMES = 97, 7, 20
RECORDING_FRAMES = MARGIN_FRAMES + EXPOSURE_FRAMES + MARGIN_FRAMES
EXPOSURE = (MARGIN_FRAMES, MARGIN_FRAMES + EXPOSURE_FRAMES)


def exposure_spans(
    total: int,
    *,
    length: int = EXPOSURE_FRAMES,
    gap: int = GAP_FRAMES,
    margin: int = MARGIN_FRAMES,
) -> list[Span]:
    """Spans (start, stop) of the exposures that a sequence of frames has room for.

    Args:
        total: frames in the sequence.
        length: frames of an exposure.
        gap: frames from the end of one exposure to the start of the next.
        margin: frames before and after each exposure for which there are spikes as well; those of
            neighbours may overlap.

    Raises:
        OptionError: a length below 1, or a gap or margin below 0.
        RangeError: the sequence is too short for one.

    >>> exposure_spans(241)
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

"""Mean firing rate along motion: short exposures, moved to where their light is at the frame.

    P(x) = sum_k n_k r_k(x + d(x, t_k)) / sum_k n_k

with r_k the firing rate of a short exposure of n_k frames around t_k, by charge, and d the path of
the light that is at x at the frame (`spikecam.reconstruction.motion_paths`). Exposures whose path
leaves the picture are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.reconstruction.aligned_rates import GROUP_EDGES, align_rates
from spikecam.reconstruction.motion_span import iter_motion_spans
from spikecam.stream import SpikeStream


@dataclass(frozen=True)
class AlignedOptions:
    """Options of `aligned`.

    Attributes:
        reach: frames before and after the frame whose light is gathered, as far as the recording
            goes.
        fpn: fixed pattern of the camera, corrected spike by spike.
    """

    reach: int = GROUP_EDGES[-1]
    fpn: FixedPattern | None = None

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise OptionError(f"the reach is at least 1 frame to each side, not {self.reach}")


def aligned(
    stream: SpikeStream, frames: Sequence[int], options: AlignedOptions
) -> Iterator[Picture]:
    """Reconstruct ``frames`` by the mean firing rate along motion.

    Args:
        stream: the recording.
        frames: frame indices; those that follow each other share optical flow.
        options: reach and fixed pattern.

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W).

    Raises:
        RangeError: a frame lies outside the recording.
    """
    for frame in (min(frames), max(frames)):
        stream.window(frame, 1)
    return _run(stream, frames, options)


def _run(stream: SpikeStream, frames: Sequence[int], options: AlignedOptions) -> Iterator[Picture]:
    edges = sorted({min(edge, options.reach) for edge in GROUP_EDGES} | {options.reach})
    for span, frame in iter_motion_spans(stream, frames, options.reach, fpn=options.fpn):
        rates = align_rates(span, frame, span.paths_of_frame(frame), edges)
        yield np.clip(span.restore_brightness(rates.mean, frame), 0, 1)


METHOD = Method(
    name="aligned",
    summary="mean firing rate along motion: little noise, and sharp where motion is smooth",
    takes=Takes.SPIKES,
    run=aligned,
    options=AlignedOptions,
)

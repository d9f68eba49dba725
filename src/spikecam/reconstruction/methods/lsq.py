"""Least squares along motion: the picture that, carried along its paths, fires as recorded.

See `spikecam.reconstruction.motion_least_squares` for the equation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.reconstruction.aligned_rates import GROUP_EDGES, align_rates
from spikecam.reconstruction.motion_least_squares import MotionLeastSquares
from spikecam.reconstruction.motion_span import iter_motion_spans
from spikecam.stream import SpikeStream


@dataclass(frozen=True)
class LsqOptions:
    """Options of `lsq`.

    Attributes:
        prior: weight of the mean along motion: less is sharper and noisier.
        decay: share of the running sum of spikes that is left a frame later.
        steps: of conjugate gradients.
        fpn: fixed pattern of the camera, corrected by the mean rate of each pixel.
    """

    prior: float = 0.1
    decay: float = 0.9
    steps: int = 4
    fpn: FixedPattern | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.prior < math.inf:
            raise OptionError(f"the prior is a number from 0, not {self.prior:g}")
        if self.steps < 1:
            raise OptionError(f"steps are at least 1, not {self.steps}")
        if not 0 <= self.decay < 1:
            raise OptionError(f"the decay is a share from 0 to below 1, not {self.decay:g}")


def lsq(stream: SpikeStream, frames: Sequence[int], options: LsqOptions) -> Iterator[Picture]:
    """Reconstruct ``frames`` by least squares along motion.

    Args:
        stream: the recording.
        frames: frame indices; those that follow each other share optical flow.
        options: steps, decay and fixed pattern.

    Returns:
        Iterator over firing rates in [0, 1], float32 (H, W).

    Raises:
        RangeError: a frame lies outside the recording.
    """
    for frame in (min(frames), max(frames)):
        stream.window(frame, 1)
    return _run(stream, frames, options)


def _run(stream: SpikeStream, frames: Sequence[int], options: LsqOptions) -> Iterator[Picture]:
    for span, frame in iter_motion_spans(stream, frames, GROUP_EDGES[-1], fpn=options.fpn):
        paths = span.paths_of_frame(frame)
        mean = align_rates(span, frame, paths).mean
        least_squares = MotionLeastSquares(span, frame, paths, mean)
        (picture,) = least_squares.solve(options.decay, options.prior, [options.steps])
        yield np.clip(span.restore_brightness(picture, frame), 0, 1)


METHOD = Method(
    name="lsq",
    summary="least squares along motion: the picture that fires as recorded when it is moved",
    takes=Takes.SPIKES,
    run=lsq,
    options=LsqOptions,
)

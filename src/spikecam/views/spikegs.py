"""What SpikeGS fits a scene to: interval pictures, and accumulated light.

SpikeGS (Guo et al., AAAI 2025) compares, by L1 and DSSIM (`PictureLoss`),

- interval supervision: the view of a moment with the picture of the intervals around it (TFI),
- accumulation rasterisation: the mean of 9 views, 4 frames apart, with the mean of the spikes in
  the 33 frames from the first of them to the last (TFP).

The authors add up both losses in a step, the second one late in a fit, and model the noise of their
simulated camera in the render. Here each is an observation of its own, so that they take turns, and
both begin at once. The authors average displayed values; here it is light that is averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spikecam.fixed_pattern import FixedPattern
from spikecam.reconstruction.reconstruct import reconstruct_frames
from spikecam.stream import SpikeStream
from spikecam.views.observations import Observation, SensorScale, observe_pictures

# Frames of a window of accumulation, and those from one of its views to the next.
_ACCUMULATION_FRAMES, _VIEW_STEP = 33, 4


def observe_spikegs(
    stream: SpikeStream,
    frames: Sequence[int],
    scale: SensorScale,
    *,
    fpn: FixedPattern | None = None,
) -> list[Observation]:
    """Interval pictures and accumulated pictures of a recording.

    Args:
        stream: the recording.
        frames: indices of the moments.
        scale: of the sensor.
        fpn: the camera's fixed pattern.

    Returns:
        An interval picture, of 1 view, and an accumulated one, of 9, for each moment.

    Raises:
        RangeError: a moment fewer than 16 frames from the ends of the recording.
    """
    options: dict[str, Any] = {} if fpn is None else {"fpn": fpn}
    half = _ACCUMULATION_FRAMES // 2
    accumulated = reconstruct_frames(
        stream, "tfp", frames=frames, window=_ACCUMULATION_FRAMES, **options
    )
    intervals = reconstruct_frames(stream, "tfi", frames=frames, **options)
    return [
        *observe_pictures(
            (scale.light(rate) for rate in accumulated),
            (tuple(map(float, range(t - half, t + half + 1, _VIEW_STEP))) for t in frames),
        ),
        *observe_pictures((scale.light(rate) for rate in intervals), ((float(t),) for t in frames)),
    ]

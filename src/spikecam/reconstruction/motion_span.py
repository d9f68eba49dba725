"""Short exposures around a reference frame, and the motion from one to the other.

Pictures of neighbouring frames share a reference, so that optical flow, which takes most of the
time, is estimated once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.reconstruction.flow_levels import MIN_FLOW_PIXELS, flow_levels
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES
from spikecam.reconstruction.motion_paths import Floats, MotionPaths, fit_motion_paths
from spikecam.stream import SpikeStream

# Frames that share a reference.
_SHARED_FRAMES = 8
# From an exposure for optical flow to the next, and frames of each.
_KEY_STEP, _KEY_FRAMES = 8, 11
_DEGREE = 6
# Frames and quantile of firing rates that become white for optical flow, and its Gaussian blur.
_WHITE_FRAMES, _WHITE_QUANTILE, _FLOW_BLUR = 41, 0.995, 0.9
_MIN_WHITE_RATE = 1e-4


@dataclass(frozen=True, eq=False)
class MotionSpan:
    """Light around a reference frame, and the paths that it takes.

    Attributes:
        stream: the recording.
        start: first frame of the span.
        charges: charge that every pixel collected until each frame of the span, and until its end,
            (T + 1, H, W).
        reference: frame of the paths.
        keys: frames of the short exposures between which motion is estimated, the reference among
            them, rising.
        paths: of the light at the reference.
        white: firing rate of the brightest light.
        fpn: the camera's fixed pattern.
    """

    stream: SpikeStream
    start: int
    charges: npt.NDArray[np.float32]
    reference: int
    keys: tuple[int, ...]
    paths: MotionPaths
    white: float
    fpn: FixedPattern | None

    @property
    def stop(self) -> int:
        """End of the span."""
        return self.start + len(self.charges) - 1

    def rate(self, start: int, stop: int) -> Picture:
        """Firing rate in the frames [start, stop), as far as they lie within the span, (H, W)."""
        first, last = max(start, self.start), min(stop, self.stop)
        charge = self.charges[last - self.start] - self.charges[first - self.start]
        rate: Picture = charge / np.float32(last - first)
        return rate if self.fpn is None else self.fpn.fill_bad_pixels(rate)

    def key_rate(self, key: int) -> Picture:
        """Firing rate in the short exposure around a key frame, (H, W)."""
        half = _KEY_FRAMES // 2
        return self.rate(key - half, key + half + 1)

    def spikes(self, edges: npt.NDArray[np.integer[Any]], stop: int) -> npt.NDArray[np.float32]:
        """Spikes from each edge to the next one, and from the last to ``stop``, (S, H, W).

        With a fixed pattern they count as what they weigh, and those of bad pixels are 0.
        """
        first = int(edges[0])
        frames = np.asarray(self.stream[first:stop])
        counts: npt.NDArray[np.float32] = np.add.reduceat(
            frames, edges - first, axis=0, dtype=np.float32
        )
        if self.fpn is not None:
            rate = np.maximum(frames.mean(axis=0), 0.5 / len(frames))
            counts *= np.where(self.fpn.bad == 0, self.fpn.interval_weight(1 / rate), 0)
        return counts

    def paths_of_frame(self, frame: int) -> MotionPaths:
        """Paths of the light that is at each pixel at a frame."""
        return self.paths.moved_to(frame - self.reference)


def reference_of_frame(frame: int, recording_length: int) -> int:
    """The reference that a frame shares with its neighbours."""
    half = _KEY_FRAMES // 2
    reference = frame // _SHARED_FRAMES * _SHARED_FRAMES + _SHARED_FRAMES // 2
    return max(min(reference, recording_length - 1 - half), min(half, recording_length // 2))


def iter_motion_spans(
    stream: SpikeStream, frames: Sequence[int], reach: int, *, fpn: FixedPattern | None = None
) -> Iterator[tuple[MotionSpan, int]]:
    """Iterate over frames with their spans; frames that follow each other share one.

    Args:
        stream: the recording.
        frames: frame indices.
        reach, fpn: as for `read_motion_span`.
    """
    for reference, group in groupby(frames, lambda frame: reference_of_frame(frame, len(stream))):
        span = read_motion_span(stream, reference, reach, fpn=fpn)
        for frame in group:
            yield span, frame


def read_motion_span(
    stream: SpikeStream, reference: int, reach: int, *, fpn: FixedPattern | None = None
) -> MotionSpan:
    """Read the light around a reference frame, and estimate its motion.

    Args:
        stream: the recording.
        reference: a frame; see `reference_of_frame`.
        reach: frames before and after it, as far as the recording goes.
        fpn: the camera's fixed pattern.
    """
    margin = _SHARED_FRAMES
    start, stop = max(0, reference - reach - margin), min(len(stream), reference + reach + margin)
    first, last = max(0, start - REACH_FRAMES), min(len(stream), stop + REACH_FRAMES)
    part = stream[first:last]
    charges = cumulative_charge(part, np.arange(start - first, stop - first + 1), fpn=fpn)
    # Where nothing fired, nothing is known to have been there.
    charges[:, part.count() == 0] = 0
    half = _KEY_FRAMES // 2
    count = reach // _KEY_STEP
    keys = tuple(
        key
        for key in range(reference - count * _KEY_STEP, reference + reach + 1, _KEY_STEP)
        if key == reference or (start <= key - half and key + half < stop)
    )
    still = MotionPaths(np.zeros((1, *stream.shape[1:], 2), np.float32))
    span = MotionSpan(stream, start, charges, reference, keys, still, 0.0, fpn)
    half_white = _WHITE_FRAMES // 2
    brightness = span.rate(reference - half_white, reference + half_white + 1)
    white = max(float(np.quantile(brightness, _WHITE_QUANTILE)), _MIN_WHITE_RATE)
    paths = fit_motion_paths(_optical_flows(span, white), _DEGREE)
    return replace(span, paths=paths, white=white)


def _optical_flows(span: MotionSpan, white: float) -> dict[int, Floats]:
    """Optical flow from the reference to all keys, by offset; each starts from the one before."""
    reference = span.reference
    flows = {0: np.zeros((*span.stream.shape[1:], 2), np.float32)}
    if min(span.stream.shape[1:]) < MIN_FLOW_PIXELS:
        return flows
    dis: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(0)
    # More smoothness than by default, which halves the error between short exposures.
    dis.setVariationalRefinementAlpha(120)
    dis.setVariationalRefinementIterations(10)
    levels = {key: flow_levels(span.key_rate(key), 255 / white, _FLOW_BLUR) for key in span.keys}
    after = [key for key in span.keys if key > reference]
    before = [key for key in reversed(span.keys) if key < reference]
    for keys in (after, before):
        last_offset = 0
        for key in keys:
            offset = key - reference
            guess = flows[last_offset] * np.float32(offset / last_offset) if last_offset else None
            flows[offset] = dis.calc(levels[reference], levels[key], guess)
            last_offset = offset
    return flows

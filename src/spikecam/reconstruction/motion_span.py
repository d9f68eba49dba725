"""Short exposures around a reference frame, and the motion from one to the other.

Pictures of neighbouring frames share a reference, so that optical flow, which takes most of the
time, is estimated once for all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.reconstruction.brightness import brightness_ratio
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.reconstruction.exposure_flows import flow_levels, flows_from_reference
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES
from spikecam.reconstruction.motion_paths import (
    PATH_DEGREE,
    Floats,
    MotionPaths,
    fit_motion_paths,
    sample_picture,
)
from spikecam.reconstruction.scene_cuts import find_scene_cuts
from spikecam.stream import SpikeStream

# Frames that share a reference.
_SHARED_FRAMES = 8
# Frames of an exposure for optical flow.
_KEY_FRAMES = 11
# Frames and quantile of firing rates that become white for optical flow, and its Gaussian blur.
_WHITE_FRAMES, _WHITE_QUANTILE, _FLOW_BLUR = 41, 0.995, 0.9
_MIN_WHITE_RATE = 1e-4
# Changes of the logarithm of brightness that are taken for none: before motion is known, and after.
_UNALIGNED_CHANGE, _ALIGNED_CHANGE = 0.2, 0.04


@dataclass(frozen=True)
class FlowDetail:
    """How finely motion is estimated.

    Attributes:
        key_step: frames from an exposure for optical flow to the next.
        finest_level: halvings of the grid on which optical flow ends; a level takes a quarter of
            the time of the one before.
    """

    key_step: int = 8
    finest_level: int = 0


@dataclass(frozen=True, eq=False)
class MotionSpan:
    """Light around a reference frame, and the paths that it takes.

    Attributes:
        stream: the recording.
        start: first frame of the span.
        charges: charge that every pixel collected until each frame of the span, and until its end,
            (T + 1, H, W), in the light of the reference: divided by ``brightness``.
        brightness: of each frame of the span, (T,): light of the scene over that of the reference,
            as lamps change it.
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
    brightness: npt.NDArray[np.float32]
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

        They count as in the light of the reference, and with a fixed pattern as what they weigh;
        those of bad pixels are 0.
        """
        first = int(edges[0])
        frames = np.asarray(self.stream[first:stop])
        counts = np.empty((len(edges), *frames.shape[1:]), np.float32)
        ends = [*edges[1:], stop]
        for count, edge, end in zip(counts, edges, ends, strict=True):
            count[:] = frames[edge - first]
            for frame in range(edge + 1, end):
                count += frames[frame - first]
        counts /= self.brightness[edges - self.start, None, None]
        if self.fpn is not None:
            rate = np.maximum(frames.mean(axis=0), 0.5 / len(frames))
            counts *= np.where(self.fpn.bad == 0, self.fpn.interval_weight(1 / rate), 0)
        return counts

    def restore_brightness(self, rate: Picture, frame: int) -> Picture:
        """A firing rate in the light of the reference, (H, W), as it is in that of a frame."""
        return np.asarray(rate * self.brightness[frame - self.start], np.float32)

    def paths_of_frame(self, frame: int) -> MotionPaths:
        """Paths of the light that is at each pixel at a frame."""
        return self.paths.moved_to(frame - self.reference)


def reference_of_frame(frame: int, recording_length: int) -> int:
    """The reference that a frame shares with its neighbours."""
    half = _KEY_FRAMES // 2
    reference = frame // _SHARED_FRAMES * _SHARED_FRAMES + _SHARED_FRAMES // 2
    return max(min(reference, recording_length - 1 - half), min(half, recording_length // 2))


def iter_motion_spans(
    stream: SpikeStream,
    frames: Sequence[int],
    reach: int,
    *,
    fpn: FixedPattern | None = None,
    detail: FlowDetail = FlowDetail(),
) -> Iterator[tuple[MotionSpan, int]]:
    """Iterate over frames with their spans; frames that follow each other share one.

    A span holds light of one scene; frames are given as those of its stream.

    Args:
        stream: the recording.
        frames: frame indices.
        reach, fpn, detail: as for `read_motion_span`.
    """
    for number, neighbours in groupby(frames, lambda frame: frame // _SHARED_FRAMES):
        begin = number * _SHARED_FRAMES
        cuts = find_scene_cuts(stream, begin - reach, begin + _SHARED_FRAMES + reach)
        edges = [0, *cuts, len(stream)]
        for index, part in groupby(neighbours, partial(bisect_right, cuts)):
            scene = stream[edges[index] : edges[index + 1]]
            shared = partial(reference_of_frame, recording_length=len(scene))
            for reference, group in groupby([f - edges[index] for f in part], shared):
                span = read_motion_span(scene, reference, reach, fpn=fpn, detail=detail)
                for frame in group:
                    yield span, frame


def read_motion_span(
    stream: SpikeStream,
    reference: int,
    reach: int,
    *,
    fpn: FixedPattern | None = None,
    detail: FlowDetail = FlowDetail(),
) -> MotionSpan:
    """Read the light around a reference frame, and estimate its motion.

    Args:
        stream: the recording.
        reference: a frame; see `reference_of_frame`.
        reach: frames before and after it, as far as the recording goes.
        fpn: the camera's fixed pattern.
        detail: of optical flow.
    """
    margin = _SHARED_FRAMES
    start, stop = max(0, reference - reach - margin), min(len(stream), reference + reach + margin)
    first, last = max(0, start - REACH_FRAMES), min(len(stream), stop + REACH_FRAMES)
    part = stream[first:last]
    charges = cumulative_charge(part, np.arange(start - first, stop - first + 1), fpn=fpn)
    # Where nothing fired, nothing is known to have been there.
    charges[:, part.count() == 0] = 0
    half = _KEY_FRAMES // 2
    step = detail.key_step
    keys = tuple(
        key
        for key in range(reference - reach // step * step, reference + reach + 1, step)
        if key == reference or (start <= key - half and key + half < stop)
    )
    still = MotionPaths(np.zeros((1, *stream.shape[1:], 2), np.float32))
    brightness = np.ones(len(charges) - 1, np.float32)
    span = MotionSpan(stream, start, charges, brightness, reference, keys, still, 0.0, fpn)
    # Optical flow takes light as constant.
    span = _with_constant_light(span, _UNALIGNED_CHANGE)
    half_white = _WHITE_FRAMES // 2
    rate = span.rate(reference - half_white, reference + half_white + 1)
    white = max(float(np.quantile(rate, _WHITE_QUANTILE)), _MIN_WHITE_RATE)
    paths = fit_motion_paths(_optical_flows(span, white, detail), PATH_DEGREE)
    return _with_constant_light(replace(span, paths=paths, white=white), _ALIGNED_CHANGE)


def _with_constant_light(span: MotionSpan, min_change: float) -> MotionSpan:
    """A span whose charges are those of constant light, where that changed as lamps do.

    Args:
        span: the span.
        min_change: of brightness, as a logarithm; less is taken for none.
    """
    reference = span.key_rate(span.reference)
    logarithms = []
    for key in span.keys:
        places = span.paths.grid + span.paths.displacement(key - span.reference)
        rate = sample_picture(span.key_rate(key), places, cv2.INTER_LINEAR)
        logarithms.append(np.log(brightness_ratio(rate, reference)))
    if np.ptp(logarithms) < min_change:
        return span
    frames = np.arange(span.start, span.stop)
    brightness = np.exp(np.interp(frames, span.keys, logarithms)).astype(np.float32)
    steps = np.diff(span.charges, axis=0) / brightness[:, None, None]
    charges = np.concatenate([span.charges[:1], span.charges[0] + np.cumsum(steps, axis=0)])
    return replace(span, charges=charges, brightness=span.brightness * brightness)


def _optical_flows(span: MotionSpan, white: float, detail: FlowDetail) -> dict[int, Floats]:
    """Optical flow from the reference to all keys, by offset in frames."""
    levels = {
        key - span.reference: flow_levels(span.key_rate(key), 255 / white, _FLOW_BLUR)
        for key in span.keys
    }
    return flows_from_reference(levels, detail.finest_level)

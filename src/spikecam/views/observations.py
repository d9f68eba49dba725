"""What a moving camera recorded, as pictures of light with the views that they average."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.gray import GRAY_WEIGHTS
from spikecam.reconstruction.cumulative_charge import cumulative_charge
from spikecam.stream import Span, SpikeStream
from spikecam.views.camera import Intrinsics
from spikecam.views.gaussians import Floats

# Frames of a recording around a window, so that the intervals that reach into it are whole.
_REACH = 400


@dataclass(frozen=True)
class SensorScale:
    """Linear relation between light and firing rates.

    Attributes:
        white_rate: firing rate of white, above that of the dark, in spikes a frame.
        dark_rate: firing rate without light.
    """

    white_rate: float
    dark_rate: float = 0.0

    def light(self, rate: Floats) -> Floats:
        """Light of firing rates, 1 for white; noise in the dark is below 0."""
        return (rate - np.float32(self.dark_rate)) / np.float32(self.white_rate)

    def rate(self, light: Floats) -> Floats:
        """Firing rates of light, the inverse of `light`."""
        return np.float32(self.white_rate) * light + np.float32(self.dark_rate)


@dataclass(frozen=True, eq=False)
class WindowSpikes:
    """Spikes of a window, and the charge of the pixels when it begins.

    Attributes:
        stream: the frames of the window alone.
        phase: charge before the first of them, in thresholds, from 0 to 1, float32 (H, W).
        scale: of the sensor.
    """

    stream: SpikeStream
    phase: Floats
    scale: SensorScale

    @classmethod
    def of_window(cls, stream: SpikeStream, span: Span, scale: SensorScale) -> WindowSpikes:
        """Take the frames (start, stop) of a recording.

        The phase is the share of a pixel's interval that is over when the window begins.
        """
        start, stop = span
        first, last = max(0, start - _REACH), min(len(stream), stop + _REACH)
        (charge,) = cumulative_charge(stream[first:last], [start - first])
        return cls(stream[start:stop], np.ascontiguousarray(charge - np.floor(charge)), scale)


@dataclass(frozen=True, eq=False)
class Observation:
    """One measurement of the scene.

    Attributes:
        times: of the views that it averages, (K,), in frames of the path.
        target: measured light, 1 for white, (J, H, W), float16 or float32.
        weight: of each of its values, (J, H, W), (1, H, W) or (1, 1, 1).
        is_count: whether noise is that of counts, right in the mean alone; else it is a picture.
        intrinsics: of its pictures, where they are not those of the path's camera.
        spikes: that it was measured by, for losses that simulate spikes.
    """

    times: tuple[float, ...]
    target: npt.NDArray[np.floating[Any]]
    weight: npt.NDArray[np.floating[Any]]
    is_count: bool = False
    intrinsics: Intrinsics | None = None
    spikes: WindowSpikes | None = None


def observe_windows(
    stream: SpikeStream,
    spans: Sequence[Span],
    scale: SensorScale,
    *,
    views: int = 1,
    fpn: FixedPattern | None = None,
    pattern: Floats | None = None,
) -> Iterator[Observation]:
    """Light that a recording collected in windows.

    Where a pixel collected more than a threshold, it is known to the fraction of a spike. Where
    less, its interval is longer than the window, and says as much of other times, when another
    thing may have been there: spikes themselves are counted then, which are right in the mean.

    Args:
        stream: the recording.
        spans: frames (start, stop) of the windows.
        scale: of the sensor.
        views: rendered for each window.
        fpn: the camera's fixed pattern; its bad pixels have no weight.
        pattern: share of each colour in each pixel, (J, H, W), of a colour filter array.

    Raises:
        RangeError: a window leaves the recording.
    """
    weight = np.ones((1, 1, 1), np.float16) if pattern is None else pattern.astype(np.float16)
    if fpn is not None:
        weight = weight * (fpn.bad == 0)
    for start, stop in spans:
        window = stop - start
        # First, since it refuses a window outside the recording by its own numbers.
        counts = stream.count(start, stop).astype(np.float32)
        first, last = max(0, start - _REACH), min(len(stream), stop + _REACH)
        edges = [start - first, stop - first]
        begin, end = cumulative_charge(stream[first:last], edges, fpn=fpn)
        charge = np.maximum(end - begin, 0)
        if fpn is not None:
            # A spike weighs by its interval. The correction of a count's rate would favour the
            # bright side: a window without a spike cannot be less than dark.
            corrected = charge / np.float32(window)
            counts *= corrected / np.maximum(fpn.distort(corrected), np.float32(1e-9))
        share = np.clip(charge - 1, 0, 1)
        rate = (share * charge + (1 - share) * counts) / np.float32(window)
        light = scale.light(rate)[None]
        if pattern is not None:
            light = np.repeat(light, len(pattern), axis=0)
        times = window_times((start, stop), views)
        yield Observation(times, light.astype(np.float16), weight, is_count=True)


def window_times(span: Span, views: int) -> tuple[float, ...]:
    """Times of the views of a window of frames (start, stop): the middles of its equal parts.

    >>> window_times((10, 13), 1), window_times((10, 14), 2)
    ((11.0,), (10.5, 12.5))
    """
    start, stop = span
    # Frame i shows the light of time i.
    times = start - 0.5 + (stop - start) * (np.arange(views) + 0.5) / views
    return tuple(map(float, times))


def observe_pictures(
    pictures: Iterable[Floats],
    times: Iterable[tuple[float, ...]],
    intrinsics: Intrinsics | None = None,
) -> list[Observation]:
    """Pictures of light (H, W) or (H, W, C), each with the times of the views that it averages."""
    observations = []
    for picture, moments in zip(pictures, times, strict=True):
        planes = np.moveaxis(np.atleast_3d(picture), 2, 0).astype(np.float32)
        weight = np.ones((1, 1, 1), np.float32)
        observations.append(
            Observation(moments, np.ascontiguousarray(planes), weight, intrinsics=intrinsics)
        )
    return observations


def bayer_pattern(height: int, width: int) -> Floats:
    """Share of red, green and blue in each pixel of an RGGB mosaic, (3, H, W)."""
    pattern = np.zeros((3, height, width), np.float32)
    pattern[0, ::2, ::2] = 1
    pattern[1, ::2, 1::2] = pattern[1, 1::2, ::2] = 1
    pattern[2, 1::2, 1::2] = 1
    return pattern


def mixing_of(outputs: int, channels: int) -> Floats:
    """Share of each colour of a scene in each of a sensor's, (outputs, channels).

    A monochrome sensor weighs the colours of a scene of colours as gray.

    Raises:
        OptionError: a sensor of colours and a scene of gray.
    """
    if outputs == channels:
        return np.eye(channels, dtype=np.float32)
    if (outputs, channels) != (1, len(GRAY_WEIGHTS)):
        raise OptionError(
            f"what a sensor of {outputs} colours measures is not fitted by a scene of {channels}; "
            "fit a scene of 3 colours"
        )
    return np.array([GRAY_WEIGHTS], np.float32)

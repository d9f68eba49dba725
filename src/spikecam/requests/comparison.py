"""A request for a sheet of one frame by every method."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.io.paths import PathLike
from spikecam.picture import Picture
from spikecam.reconstruction.comparison import MethodResult, iter_method_results
from spikecam.requests.prepared import CheckedRequest
from spikecam.requests.recording_file import Spikes, open_spikes
from spikecam.show.display import DisplayMapping
from spikecam.show.method_sheet import method_sheet


@dataclass(frozen=True)
class ComparisonRequest:
    """Request for a sheet of one frame by every method that needs no other files.

    Attributes:
        spikes: the recording, as a file or open already.
        at: index of the frame; the middle one by default.
        stretch: percentiles (low, high) of each picture that are shown as black and white.
        gamma: of what is shown; above 1 lifts the shadows.
        fpn: fixed pattern of the camera, or the path of one.
    """

    spikes: Spikes
    at: int | None = None
    stretch: tuple[float, float] | None = (1, 99)
    gamma: float = 1.0
    fpn: FixedPattern | PathLike | None = None

    def check(self) -> CheckedRequest[Picture]:
        """Check the request before work starts.

        Raises:
            SpikecamError: whatever is wrong, in one sentence.
        """
        stream = open_spikes(self.spikes)
        frame = len(stream) // 2 if self.at is None else self.at
        stream.window(frame, 1)
        if self.stretch is not None and not 0 <= self.stretch[0] < self.stretch[1] <= 100:
            low, high = self.stretch
            raise OptionError(f"percentiles rise within 0 to 100, unlike {low:g}:{high:g}")
        DisplayMapping(gamma=self.gamma)
        pattern = self.fpn
        if isinstance(pattern, (str, os.PathLike)):
            pattern = FixedPattern.load(pattern)
        if pattern is not None:
            pattern.check_shape(stream.sensor_shape)
        hints: list[str] = []

        def sheets() -> Iterator[Picture]:
            results = list(iter_method_results(stream, frame, fpn=pattern))
            hints.extend(f"{r.method} failed: {r.error}" for r in results if r.picture is None)
            pictures = [self._display(result) for result in results]
            captions = [_caption(result) for result in results]
            yield method_sheet(pictures, captions, shape=stream.shape[1:])

        return CheckedRequest([frame], sheets, hints=hints)

    def _display(self, result: MethodResult) -> Picture | str:
        if result.picture is None:
            return result.error
        if self.stretch is None:
            return DisplayMapping(gamma=self.gamma)(result.picture)
        return DisplayMapping.fit(result.picture, *self.stretch, gamma=self.gamma)(result.picture)


def _caption(result: MethodResult) -> str:
    seconds = f"{result.seconds:.2g} s"
    return (
        f"{result.method}, {seconds}" if result.picture is not None else f"{result.method}: failed"
    )

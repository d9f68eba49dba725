"""A request for pictures from spikes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spikecam.deblurring.second_stage import read_second_stage_info, second_stage
from spikecam.errors import OptionError
from spikecam.frames import Frames, frames_with_window, parse_frames
from spikecam.io.output import Kind
from spikecam.io.paths import PathLike
from spikecam.method import Takes, find_method
from spikecam.picture import Picture
from spikecam.reconstruction.method_choice import EVERY_FRAME, resolve_method
from spikecam.reconstruction.reconstruct import DEFAULT_METHOD, reconstruct_frames
from spikecam.requests.frame_choice import requested_frames
from spikecam.requests.prepared import CheckedRequest
from spikecam.requests.recording_file import Spikes, open_spikes
from spikecam.show.colour_map import check_colour_map, colour_picture
from spikecam.show.colour_map_names import GRAY
from spikecam.show.display import DisplayMapping

# Below this mean a picture looks black on a screen.
_DARK_MEAN = 0.08
# A display mapping is fitted to about so many of the frames.
_MAPPING_FRAMES = 8


@dataclass(frozen=True)
class ReconstructRequest:
    """Request for pictures from spikes alone, as plain values.

    Attributes:
        spikes: the recording, as a file or open already.
        method: name of a method that takes spikes; by default it is chosen by light and motion.
        options: of the method.
        at: index of one frame.
        frames: how many, spaced evenly over the recording, or which: as text COUNT or
            START:STOP[:STEP]. By default the middle frame for one picture, every frame that the
            method can make for a video, a folder or an archive.
        stretch: percentiles (low, high) that are shown as black and white; by default firing
            rates are shown as they are.
        gamma: of what is shown; above 1 lifts the shadows.
        then: a second stage that deblurs what is shown: "mimounet", "nrknet" or "gkmnet", by
            weights of the user's own that are called so, or the name or file of other weights of
            one of them. It runs where the option ``device`` of the method says.
        levels: firing rates (black, white) that are shown as black and white, in place of
            percentiles.
        colour_map: name of the colours that show gray, of `spikecam.show.colour_map.COLOUR_MAPS`.
    """

    spikes: Spikes
    method: str = DEFAULT_METHOD
    options: Mapping[str, Any] = field(default_factory=dict)
    at: int | None = None
    frames: Frames | str | None = None
    stretch: tuple[float, float] | None = None
    gamma: float = 1.0
    then: PathLike | None = None
    levels: tuple[float, float] | None = None
    colour_map: str = GRAY

    def check(self, output: Kind = "picture") -> CheckedRequest[Picture]:
        """Check the request before work starts.

        Returns the checked request, which has its frames and can run.

        Args:
            output: what the pictures are for, which the default of ``frames`` depends on.

        Raises:
            SpikecamError: whatever is wrong, in one sentence.
        """
        stream = open_spikes(self.spikes)
        frames_to_make: Frames | str | None = self.frames
        if isinstance(frames_to_make, str):
            frames_to_make = parse_frames(frames_to_make, len(stream))
        if self.at is not None or (frames_to_make is None and output == "picture"):
            frames_to_make = [len(stream) // 2 if self.at is None else self.at]
        name, values, choice = resolve_method(
            stream,
            self.method,
            self.options,
            EVERY_FRAME if frames_to_make is None else frames_to_make,
        )
        method = find_method(name, Takes.SPIKES)
        options = method.parse_options(values)
        method.check_fixed_pattern(options, stream)
        window = method.window(options, stream)
        default: Frames = [len(stream) // 2]
        if output != "picture" and self.at is None and self.frames is None:
            default = frames_with_window(stream, window)
        frames = requested_frames(stream, self.at, self.frames, default, window=window)
        for frame in (min(frames), max(frames)):
            stream.window(frame, window)
        if self.stretch is not None and not 0 <= self.stretch[0] < self.stretch[1] <= 100:
            low, high = self.stretch
            raise OptionError(f"percentiles rise within 0 to 100, unlike {low:g}:{high:g}")
        if self.stretch is not None and self.levels is not None:
            raise OptionError("choose black and white by stretch or by levels, not both")
        black, white = self.levels or (0, 1)
        DisplayMapping(black, white, self.gamma)
        check_colour_map(self.colour_map)
        if self.then is not None:
            read_second_stage_info(self.then)
        hints: list[str] = []

        def reconstructed(frames: Sequence[int]) -> Iterator[Picture]:
            return reconstruct_frames(stream, name, frames=frames, **values)

        return CheckedRequest(
            frames,
            lambda: self._results(reconstructed, frames, hints),
            choice="" if choice is None else str(choice),
            hints=hints,
        )

    def _results(
        self,
        reconstructed: Callable[[Sequence[int]], Iterator[Picture]],
        frames: Sequence[int],
        hints: list[str],
    ) -> Iterator[Picture]:
        pictures = self._pictures(reconstructed, frames, hints)
        if self.then is not None:
            device = self.options.get("device", "auto")
            pictures = map(second_stage(self.then, device=device), pictures)
        return (colour_picture(picture, self.colour_map) for picture in pictures)

    def _pictures(
        self,
        reconstructed: Callable[[Sequence[int]], Iterator[Picture]],
        frames: Sequence[int],
        hints: list[str],
    ) -> Iterator[Picture]:
        pictures = reconstructed(frames)
        if self.stretch is not None:
            # A few frames stand for all: the mapping must be known before the first is shown.
            sample = list(reconstructed(frames[:: max(1, len(frames) // _MAPPING_FRAMES)]))
            mapping = DisplayMapping.fit(sample, *self.stretch, gamma=self.gamma)
            return map(mapping, pictures)
        if self.gamma != 1 or self.levels is not None:
            black, white = self.levels or (0, 1)
            return map(DisplayMapping(black, white, self.gamma), pictures)
        return _add_hint_where_dark(pictures, hints)


def _add_hint_where_dark(pictures: Iterator[Picture], hints: list[str]) -> Iterator[Picture]:
    """Yield the pictures, and add a hint to ``hints`` if the first one is dark."""
    for picture in pictures:
        if not hints and 0 < picture.mean() < _DARK_MEAN:
            hints.append(f"dark, {picture.mean():.3f} on average: a stretch of 1:99 shows more")
        yield picture

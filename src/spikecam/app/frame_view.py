"""Pictures of single frames of a recording, made and displayed as a visitor chose."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from spikecam.app.png import encode_png
from spikecam.errors import OptionError, RangeError
from spikecam.frames import longest_window
from spikecam.method import Method, Takes, find_method
from spikecam.option_fields import check_options_are_offered
from spikecam.picture import Picture
from spikecam.reconstruction.method_choice import FAST_METHOD
from spikecam.reconstruction.reconstruct import all_frames, reconstruct
from spikecam.show.colour_map import check_colour_map, colour_picture
from spikecam.show.colour_map_names import GRAY
from spikecam.show.display import DisplayMapping
from spikecam.stream import SpikeStream

# Range of gamma on the page.
MIN_GAMMA, MAX_GAMMA = 0.5, 3.0


@dataclass(frozen=True)
class ViewSettings:
    """Settings with which a frame is reconstructed and displayed.

    Attributes:
        method: name of a method that takes spikes alone.
        options: of the method; the others have their defaults.
        low, high: percentiles that are shown as black and white.
        gamma: above 1 lifts the shadows.
        fixed_range: brightness (black, white) in place of the percentiles.
        colours: name of the colour map.
    """

    method: str = FAST_METHOD
    options: Mapping[str, Any] = field(default_factory=dict)
    low: float = 1.0
    high: float = 99.0
    gamma: float = 1.0
    fixed_range: tuple[float, float] | None = None
    colours: str = GRAY

    def __post_init__(self) -> None:
        check_colour_map(self.colours)
        if not self.low < self.high:
            raise OptionError("black lies below white")

    def display_mapping(self, picture: Picture) -> DisplayMapping:
        """The display mapping of a picture."""
        if self.fixed_range is not None:
            return DisplayMapping(*self.fixed_range, self.gamma)
        return DisplayMapping.fit(picture, self.low, self.high, self.gamma)

    def render(self, picture: Picture) -> Picture:
        """A picture as it is displayed: (H, W), or (H, W, 3) in colours, in [0, 1]."""
        return colour_picture(self.display_mapping(picture)(picture), self.colours)

    def to_json(self) -> str:
        """The settings as JSON, for the URL of a picture."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ViewSettings:
        """Read settings from JSON of a URL.

        Settings that the controls of the page cannot give are refused.

        Raises:
            OptionError: a method or option that is not offered.
            ValueError, TypeError, AttributeError, RecursionError: no settings at all.
        """
        values = json.loads(text)
        fixed_range = values.get("fixed_range")
        if fixed_range is not None:
            black, white = map(float, fixed_range)
            if not (math.isfinite(black) and math.isfinite(white)):
                raise OptionError("black and white are numbers")
            values["fixed_range"] = black, white
        settings = cls(**values)
        check_options_are_offered(find_method(settings.method, Takes.SPIKES), settings.options)
        return settings


def viewable_frames(stream: SpikeStream, settings: ViewSettings) -> range:
    """Indices of the frames that can be reconstructed.

    Raises:
        OptionError: an option that the method refuses.
        RangeError: the window is longer than the recording.
    """
    return all_frames(stream, settings.method, **settings.options)


def window_options_that_fit(method: Method, stream: SpikeStream) -> dict[str, Any]:
    """Options of a method with which its window fits the recording.

    They are a shorter window, or none where the default fits.
    """
    try:
        all_frames(stream, method.name)
    except RangeError:
        if "window" in method.option_names:
            return {"window": longest_window(len(stream))}
    return {}


def default_view_settings(stream: SpikeStream, frame_index: int) -> ViewSettings:
    """Default settings to view a frame.

    They are those of TFP, in a shorter window near the ends of the recording.
    """
    declared = find_method(FAST_METHOD, Takes.SPIKES)
    usual = declared.window(declared.options(), stream)
    window = min(usual, 2 * min(frame_index, len(stream) - 1 - frame_index) + 1)
    return ViewSettings(options={} if window == usual else {"window": window})


def reconstruct_frame(stream: SpikeStream, frame_index: int, settings: ViewSettings) -> Picture:
    """Reconstruct the picture of one frame, (H, W) in [0, 1].

    No more frames are read than it depends on.

    Raises:
        OptionError, RangeError: as `reconstruct`.
    """
    method = find_method(settings.method, Takes.SPIKES)
    options = dict(settings.options)
    if not method.warm_up:
        return reconstruct(stream, frame_index, method.name, **options)
    half = method.window(method.parse_options(options), stream) // 2
    first = max(0, frame_index - half - method.warm_up)
    last = min(len(stream), frame_index + half + 1)
    return reconstruct(stream[first:last], frame_index - first, method.name, **options)


def render_frame_png(stream: SpikeStream, frame_index: int, settings: ViewSettings) -> bytes:
    """Render one frame as a PNG file, as it is displayed.

    Errors are those of `reconstruct_frame`.
    """
    return encode_png(settings.render(reconstruct_frame(stream, frame_index, settings)))

"""What a page shows, as its address: reload, back, bookmarks and other tabs show the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from spikecam.app.frame_view import MAX_GAMMA, MIN_GAMMA
from spikecam.app.region import Region
from spikecam.app.text import path_from_url_text, path_to_url_text
from spikecam.app.zoom import Zoom

_SAMPLE = "sample"
VIEW, DEBLUR = "view", "deblur"


@dataclass(frozen=True)
class PageAddress:
    """What a page shows.

    Attributes:
        recording: path of the recording; None where none is open, or the sample is.
        is_sample: whether the recording is the sample.
        camera: the camera's name, or (height, width), by which it was opened; None where the
            recording says its size.
        rate: its rate in frames per second where a visitor gave it.
        frame: index of the frame.
        method: name of the method that makes its picture.
        window: of the method, in frames; None for its default.
        tab: `VIEW` or `DEBLUR`.
        zoom: of the picture; None where all of it is shown.
        pixel: (x, y) of the pixel whose spikes are shown.
        region: the region that is chosen.
        colours: name of the colour map; None for gray.
        levels: brightness (black, white) where it is held.
        percentiles: that are shown as black and white; None for the defaults.
        gamma: None for its default.
        in_frame, out_frame: the frames that play goes from and to, where they are set.
        compare: name of the method of a second picture, if there is one.
        second: name of its recording in the folder, as text; None where it is the same.
        cut: place of the cut in percent of the width, where the second picture is over the
            first; None where it is beside it.
    """

    recording: Path | None = None
    is_sample: bool = False
    camera: str | tuple[int, int] | None = None
    rate: float | None = None
    frame: int | None = None
    method: str | None = None
    window: int | None = None
    tab: str = VIEW
    zoom: Zoom | None = None
    pixel: tuple[int, int] | None = None
    region: Region | None = None
    colours: str | None = None
    levels: tuple[float, float] | None = None
    percentiles: tuple[float, float] | None = None
    gamma: float | None = None
    in_frame: int | None = None
    out_frame: int | None = None
    compare: str | None = None
    second: str | None = None
    cut: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether a recording is open."""
        return self.is_sample or self.recording is not None

    def shows_recording_of(self, other: PageAddress) -> bool:
        """Whether both are of one recording, read in the same way."""
        return (self.recording, self.is_sample, self.camera, self.rate) == (
            other.recording,
            other.is_sample,
            other.camera,
            other.rate,
        )

    def to_url(self) -> str:
        """The address, without its server: ``/?recording=...``."""
        if not self.is_open:
            return "/"
        query: dict[str, str | int | float] = {"recording": _SAMPLE}
        if self.recording is not None:
            query["recording"] = path_to_url_text(self.recording)
        if isinstance(self.camera, str):
            query["camera"] = self.camera
        elif self.camera is not None:
            query["size"] = f"{self.camera[1]}x{self.camera[0]}"
        for name, value in {
            "rate": self.rate,
            "frame": self.frame,
            "method": self.method,
            "window": self.window,
            "colours": self.colours,
            "gamma": self.gamma,
            "in": self.in_frame,
            "out": self.out_frame,
            "compare": self.compare,
            "second": self.second,
        }.items():
            if value is not None:
                query[name] = f"{value:g}" if isinstance(value, float) else value
        for name in ("zoom", "region"):
            if getattr(self, name) is not None:
                query[name] = getattr(self, name).to_text()
        if self.pixel is not None:
            query["pixel"] = f"{self.pixel[0]},{self.pixel[1]}"
        for name in ("levels", "percentiles"):
            pair = getattr(self, name)
            if pair is not None:
                query[name] = f"{pair[0]:.5g},{pair[1]:.5g}"
        if self.compare is not None and self.cut is not None:
            query["cut"] = self.cut
        if self.tab != VIEW:
            query["tab"] = self.tab
        return f"/?{urlencode(query, safe='/,')}"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> PageAddress:
        """Read the parameters of an address; what is no such value is left out."""
        recording = query.get("recording")
        if not recording:
            return cls()
        width, height = (_whole_number(part) for part in _split_size(query.get("size", "")))
        in_frame, out_frame = _played_frames(query.get("in", ""), query.get("out", ""))
        return cls(
            None if recording == _SAMPLE else path_from_url_text(recording),
            recording == _SAMPLE,
            (height, width) if width and height else query.get("camera"),
            _positive_number(query.get("rate", "")),
            _whole_number(query.get("frame", "")),
            query.get("method"),
            _whole_number(query.get("window", "")),
            DEBLUR if query.get("tab") == DEBLUR else VIEW,
            Zoom.from_text(query.get("zoom", "")),
            _pixel(query.get("pixel", "")),
            Region.from_text(query.get("region", "")),
            query.get("colours"),
            _levels(query.get("levels", "")),
            compare=query.get("compare"),
            second=query.get("second"),
            percentiles=_percentiles(query.get("percentiles", "")),
            gamma=_gamma(query.get("gamma", "")),
            in_frame=in_frame,
            out_frame=out_frame,
            cut=_percent(query.get("cut", "")) if "compare" in query else None,
        )


def _split_size(text: str) -> tuple[str, str]:
    width, _, height = text.partition("x")
    return width, height


def _whole_number(text: str) -> int | None:
    # Longer ones are no frame of any recording.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _positive_number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def _pixel(text: str) -> tuple[int, int] | None:
    x, y = (_whole_number(part) for part in text.partition(",")[::2])
    return None if x is None or y is None else (x, y)


def _levels(text: str) -> tuple[float, float] | None:
    try:
        black, white = map(float, text.split(","))
    except ValueError:
        return None
    return (black, white) if -math.inf < black < white < math.inf else None


def _percentiles(text: str) -> tuple[float, float] | None:
    levels = _levels(text)
    return levels if levels is not None and levels[0] >= 0 and levels[1] <= 100 else None


def _gamma(text: str) -> float | None:
    gamma = _positive_number(text)
    return gamma if gamma is not None and MIN_GAMMA <= gamma <= MAX_GAMMA else None


def _percent(text: str) -> int | None:
    percent = _whole_number(text)
    return percent if percent is not None and percent <= 100 else None


def _played_frames(start: str, stop: str) -> tuple[int | None, int | None]:
    in_frame, out_frame = _whole_number(start), _whole_number(stop)
    if in_frame is not None and out_frame is not None and out_frame <= in_frame:
        return None, None
    return in_frame, out_frame

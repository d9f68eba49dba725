"""What a page shows, as its address: reload, back, bookmarks and other tabs show the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from spikecam.app.text import path_from_url_text, path_to_url_text

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
    """

    recording: Path | None = None
    is_sample: bool = False
    camera: str | tuple[int, int] | None = None
    rate: float | None = None
    frame: int | None = None
    method: str | None = None
    window: int | None = None
    tab: str = VIEW

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
        for name in ("rate", "frame", "method", "window"):
            value = getattr(self, name)
            if value is not None:
                query[name] = f"{value:g}" if name == "rate" else value
        if self.tab != VIEW:
            query["tab"] = self.tab
        return f"/?{urlencode(query, safe='/')}"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> PageAddress:
        """Read the parameters of an address; what is no such value is left out."""
        recording = query.get("recording")
        if not recording:
            return cls()
        width, height = (_whole_number(part) for part in _split_size(query.get("size", "")))
        return cls(
            None if recording == _SAMPLE else path_from_url_text(recording),
            recording == _SAMPLE,
            (height, width) if width and height else query.get("camera"),
            _positive_number(query.get("rate", "")),
            _whole_number(query.get("frame", "")),
            query.get("method"),
            _whole_number(query.get("window", "")),
            DEBLUR if query.get("tab") == DEBLUR else VIEW,
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

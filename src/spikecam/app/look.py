"""Looking at one frame of a recording: only what it is made of is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from spikecam.errors import OptionError
from spikecam.io.geometry import CAMERAS
from spikecam.io.pictures import as_levels
from spikecam.io.recording import open as open_recording
from spikecam.picture import Picture
from spikecam.reconstruction.reconstruct import all_frames, reconstruct
from spikecam.show.display import DisplayMapping
from spikecam.stream import SpikeStream

# Frames before one from which TFSTP begins: by then its synapses have forgotten where they began.
_WARM = 512
# Frames on each side of one that are shown of a pixel, and frames that tell a geometry.
_AROUND, _GLANCE = 200, 101


# What a window is where none is chosen, of the methods that have one.
WINDOWS = {"tfp": 41, "defocus": 101}


@dataclass(frozen=True)
class Look:
    """How a frame is made into what is shown.

    Attributes:
        method: "tfp", "tfi", "tfstp" or "defocus".
        window: odd number of frames, of TFP and defocus.
        low, high: percentiles that are shown as black and white.
        gamma: above 1 lifts the shadows.
        held: black and white of another picture, in place of the percentiles.
    """

    method: str = "tfp"
    window: int = WINDOWS["tfp"]
    low: float = 1.0
    high: float = 99.0
    gamma: float = 1.0
    held: tuple[float, float] | None = None

    def options(self) -> dict[str, Any]:
        """Of the method, as `reconstruct` takes them."""
        return {"window": self.window} if self.method in WINDOWS else {}

    def display(self, picture: Picture) -> DisplayMapping:
        """The display mapping for a picture."""
        if self.held is not None:
            return DisplayMapping(*self.held, self.gamma)
        return DisplayMapping.fit(picture, self.low, self.high, self.gamma)


def frames_of(stream: SpikeStream, look: Look) -> range:
    """The frames that can be looked at.

    Raises:
        RangeError: the window is longer than the recording.
    """
    return all_frames(stream, look.method, **look.options())


def look_at(stream: SpikeStream, at: int) -> Look:
    """TFP of a frame, with fewer frames than usual where the recording has no more around it."""
    return Look(window=min(Look.window, 2 * min(at, len(stream) - 1 - at) + 1))


def frame(stream: SpikeStream, at: int, look: Look) -> Picture:
    """Firing rates of one frame, (H, W) in [0, 1].

    TFSTP begins 512 frames before it, not at the recording's beginning.

    Raises:
        OptionError, RangeError: as `reconstruct`.
    """
    if look.method == "tfstp":
        first = max(0, at - _WARM)
        return reconstruct(stream[first : at + 1], at - first, "tfstp")
    return reconstruct(stream, at, look.method, **look.options())


def as_png(picture: npt.ArrayLike) -> bytes:
    """A picture in [0, 1] as a PNG file."""
    held = BytesIO()
    # It goes a short way: what is small is not worth the wait.
    Image.fromarray(as_levels(picture)).save(held, "PNG", compress_level=1)
    return held.getvalue()


def frame_png(stream: SpikeStream, at: int, look: Look) -> bytes:
    """One frame as it is shown, as a PNG file; errors as `frame`."""
    picture = frame(stream, at, look)
    return as_png(look.display(picture)(picture))


class Trace(NamedTuple):
    """What one pixel did around a frame.

    Attributes:
        first, last: frames that were looked at, [first, last).
        spikes: frames in which it fired.
        rate: its mean firing rate there, in [0, 1].
    """

    first: int
    last: int
    spikes: list[int]
    rate: float

    @property
    def intervals(self) -> list[int]:
        """Frames from each spike to the next."""
        return np.diff(self.spikes).tolist()


def trace(stream: SpikeStream, x: int, y: int, at: int) -> Trace:
    """The spikes of the pixel in column ``x`` and row ``y`` around a frame.

    Raises:
        OptionError: there is no such pixel.
    """
    if not (0 <= x < stream.width and 0 <= y < stream.height):
        raise OptionError(f"there is no pixel {x}, {y} in frames of {stream.width}x{stream.height}")
    first, last = max(0, at - _AROUND), min(len(stream), at + _AROUND + 1)
    # Only its own byte of each frame: bottom row first, see `spikecam.bits`.
    place = (stream.height - 1 - y) * stream.row_width + x
    fired = stream.packed(first, last)[:, place // 8] >> (place % 8) & 1
    spikes = (first + np.flatnonzero(fired)).tolist()
    return Trace(first, last, spikes, len(spikes) / (last - first))


class Geometry(NamedTuple):
    """A size that the frames of a file may have.

    Attributes:
        width, height: in pixels.
        name: of a camera that has it, or "".
        whole: whether the file is a whole number of such frames.
    """

    width: int
    height: int
    name: str
    whole: bool


def known_sizes(path: Path) -> list[Geometry]:
    """Sizes of the known cameras, each once, those that divide the file first."""
    size = path.stat().st_size
    first = {camera: name for name, camera in reversed(CAMERAS.items())}
    found = [
        Geometry(one.width, one.height, name, size % one.frame_bytes == 0)
        for one, name in first.items()
        if size >= one.frame_bytes
    ]
    return sorted(found, key=lambda geometry: not geometry.whole)


@lru_cache(maxsize=64)
def glance(path: Path, camera: str | tuple[int, int], changed: float = 0) -> bytes:
    """A PNG of what frames in the middle of a file show where they have this size.

    With the right size it is a picture; with a wrong one it falls apart into stripes.

    Args:
        path: a recording without a header.
        camera: a camera's name, or (height, width).
        changed: when the file was changed: what is remembered is of that time.

    Raises:
        GeometryError, FileError: there is not one whole frame, or it cannot be read.
    """
    stream = open_recording(path, camera, truncate=True)
    window = min(_GLANCE, len(stream) - 1 + len(stream) % 2)
    picture = reconstruct(stream, len(stream) // 2, window=window)
    return as_png(DisplayMapping.fit(picture)(picture))


def seconds(frames: float, rate: float | None) -> str:
    """A time in words, of frames at a rate."""
    if rate is None:
        return ""
    time = frames / rate
    digits = max(0, 2 - math.floor(math.log10(time))) if time > 0 else 0
    return f"{1e3 * time:.{max(0, digits - 3)}f} ms" if time < 1 else f"{time:.3g} s"

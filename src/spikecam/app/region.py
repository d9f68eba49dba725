"""A rectangle of pixels: values of a picture in it, and spikes of a recording over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError, RangeError
from spikecam.io.atomic import atomic_path
from spikecam.picture import Picture
from spikecam.stream import Span, SpikeStream

# Frames on both sides of the one that is shown, and bytes of the recording that are read for them.
_HALF_WINDOW_FRAMES = 1000
_TRACE_BYTES = 1 << 26
MAX_CSV_SPIKES = 4_000_000


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels, of columns [left, right) and rows [top, bottom).

    Raises:
        OptionError: it is empty, or begins below 0.
    """

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right and 0 <= self.top < self.bottom):
            raise OptionError(f"a region holds a pixel at least, unlike {self.to_text()}")

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def rows(self) -> Span:
        """Rows (start, stop)."""
        return self.top, self.bottom

    @property
    def columns(self) -> Span:
        """Columns (start, stop)."""
        return self.left, self.right

    def fits(self, stream: SpikeStream) -> bool:
        """Whether the region lies inside the frames of a recording."""
        return self.right <= stream.width and self.bottom <= stream.height

    def crop(self, picture: Picture) -> Picture:
        """The part of a picture (H, W) or (H, W, 3) inside the region."""
        return picture[slice(*self.rows), slice(*self.columns)]

    def to_text(self) -> str:
        """The region as text for the address: ``left,top,right,bottom``."""
        return f"{self.left},{self.top},{self.right},{self.bottom}"

    @classmethod
    def from_text(cls, text: str) -> Region | None:
        """Read the text of an address; None where it is no region."""
        parts = text.split(",")
        if len(parts) != 4 or not all(_is_whole_number(part) for part in parts):
            return None
        try:
            return cls(*map(int, parts))
        except OptionError:
            return None


class RegionTrace(NamedTuple):
    """Spike rate of a region over time.

    Attributes:
        start: the first frame.
        rates: share of the pixels that fired, float64 (frames,).
    """

    start: int
    rates: npt.NDArray[np.float64]


def trace_region(stream: SpikeStream, region: Region, frame_index: int) -> RegionTrace:
    """Trace the spike rate of a region around a frame.

    The trace has up to 1000 frames on both sides, fewer of large frames.

    Raises:
        RangeError: the region leaves the frame.
    """
    frame_bytes = max(1, stream.nbytes // max(1, len(stream)))
    half = min(_HALF_WINDOW_FRAMES, _TRACE_BYTES // frame_bytes // 2)
    start, stop = max(0, frame_index - half), min(len(stream), frame_index + half + 1)
    crop = stream[start:stop].crop(region.rows, region.columns)
    rates = [crop.read(a, b).mean(axis=(1, 2)) for a, b in crop.block_spans()]
    return RegionTrace(start, np.concatenate(rates) if rates else np.empty(0))


def write_spikes_as_csv(path: Path, stream: SpikeStream, region: Region, frames: Span) -> None:
    """Write the spikes of a region as CSV: a line ``frame,x,y`` for each, in this order.

    Args:
        path: of the file; its folder is made.
        stream: the recording.
        region: its pixels; x and y count from the top left of the whole frame.
        frames: (start, stop).

    Raises:
        RangeError: there are more than 4 million spikes, or region or frames leave the recording;
            nothing is there then.
        OutputError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for block in _csv_blocks(stream, region, frames):
            file.write(block)


def _csv_blocks(stream: SpikeStream, region: Region, frames: Span) -> Iterator[bytes]:
    start, stop = frames
    crop = stream[start:stop].crop(region.rows, region.columns)
    yield b"frame,x,y\n"
    count = 0
    for a, b in crop.block_spans():
        frame, row, column = np.nonzero(crop.read(a, b))
        count += len(frame)
        if count > MAX_CSV_SPIKES:
            raise RangeError(
                f"the region has more than {MAX_CSV_SPIKES // 1_000_000} million spikes in frames "
                f"{start} to {stop - 1}; choose a smaller region, or fewer frames with In and Out"
            )
        table = zip(
            (frame + start + a).tolist(),
            (column + region.left).tolist(),
            (row + region.top).tolist(),
            strict=True,
        )
        yield "".join(f"{t},{x},{y}\n" for t, x, y in table).encode()


def _is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10

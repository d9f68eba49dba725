"""``.dat``: packed frames one after another, no header, bottom row first (see `spikecam.bits`).

Where H x W is no multiple of 8 the field's writers disagree or fail; here every frame is padded
with zero bits to whole bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError, GeometryError
from spikecam.io.atomic import atomic_path
from spikecam.io.geometry import Geometry, fitting, write_sidecar
from spikecam.stream import Progress, Span, SpikeStream


class MappedFrames:
    """Packed frames in a file, mapped into memory a slice at a time.

    One mapping of the whole file would count every page once touched as this process's memory;
    a mapping a slice gives it back as soon as the slice is done with.
    """

    def __init__(self, path: Path, frames: int, frame_bytes: int, offset: int = 0) -> None:
        self.path = path.absolute()
        self.file = _identity(path)
        self.shape = (frames, frame_bytes)
        self.offset = offset

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        start, stop, _ = index.indices(self.shape[0])
        shape = (max(0, stop - start), self.shape[1])
        if shape[0] == 0:
            return np.zeros(shape, np.uint8)
        offset = self.offset + start * self.shape[1]
        try:
            if _identity(self.path) != self.file:
                raise FileNotFoundError
            return np.memmap(self.path, np.uint8, "r", offset, shape)
        except (OSError, ValueError) as error:
            raise FileError(
                f"{self.path} changed while it was being read: frames {start}:{stop} are gone; "
                "open it again"
            ) from error


def _identity(path: Path) -> tuple[int, int]:
    """What tells a file from another one that has taken its name."""
    status = path.stat()
    return status.st_dev, status.st_ino


def open_dat(path: Path, geometry: Geometry, *, truncate: bool = False) -> SpikeStream:
    """Open a ``.dat`` recording; nothing is read yet.

    Args:
        path: the file.
        geometry: the size of its frames.
        truncate: accept a file that ends within a frame, and leave that frame out.

    Raises:
        GeometryError: it is not a whole number of frames.
    """
    size = path.stat().st_size
    frames, over = divmod(size, geometry.frame_bytes)
    if over and not (truncate and frames):
        fits = fitting(size)
        known = f"known sizes that fit: {'; '.join(fits)}" if fits else "no known size fits it"
        raise GeometryError(
            f"{path} holds {frames} whole frames of {geometry.width}x{geometry.height} and "
            f"{over} bytes more; {known}; give the right size"
            + (", or --truncate to leave out the broken frame" if frames else "")
        )
    return SpikeStream(
        MappedFrames(path, frames, geometry.frame_bytes),
        (geometry.height, geometry.width),
        rate=geometry.rate,
        row_width=geometry.row_width,
        exposure=geometry.exposure,
    )


def write_dat(
    path: Path, stream: SpikeStream, *, sidecar: bool = True, progress: Progress[Span] = iter
) -> None:
    """Write ``stream`` as ``.dat``, with its geometry and rate in the sidecar file.

    Data sets go without the sidecar file: their other readers take every file for a recording.
    """
    path = Path(os.path.realpath(path))
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for packed in packed_blocks(stream, progress):
            file.write(packed.data)
    if sidecar:
        write_sidecar(
            path, Geometry(stream.height, stream.width, rate=stream.rate, exposure=stream.exposure)
        )


def packed_blocks(stream: SpikeStream, progress: Progress[Span]) -> Iterator[bits.Bytes]:
    """The stream's packed frames block by block, in rows of the picture's own width."""
    for start, stop in progress(stream.blocks()):
        if stream.row_width == stream.width:
            yield np.ascontiguousarray(stream.packed(start, stop))
        else:
            yield bits.pack(stream.read(start, stop))

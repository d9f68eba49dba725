"""``.npy`` recordings: an array (T, H, W) of 0/1, a byte or more a pixel, stored upright.

NumPy's own file of one array, as scripts leave it. Frames are read and packed when they are used;
rate and exposure are in the sidecar file, if there is one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError, GeometryError
from spikecam.io.atomic import atomic_path
from spikecam.io.byte_source import open_byte_source
from spikecam.io.geometry import Geometry, read_sidecar, sidecar_path, write_sidecar
from spikecam.io.npy_header import read_npy_header
from spikecam.io.recording_format import RecordingFormat
from spikecam.io.remote_address import RecordingPath
from spikecam.io.stored_frames import StoredFrames
from spikecam.stream import Progress, Span, SpikeStream

# Values that are checked and packed at a time.
_PART_VALUES = 16 << 20


class ArrayFrames:
    """Packed frames of an array, packed as they are read.

    Args:
        name: of the file, for messages.
        read: gives frames [start, stop) of the array.
        shape: (T, H, W) of the array.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        name: str,
        read: Callable[[int, int], npt.NDArray[Any]],
        shape: tuple[int, int, int],
    ) -> None:
        self._name, self._read = name, read
        count, height, width = shape
        self._part_frames = max(1, _PART_VALUES // (height * width))
        self.shape = (count, bits.frame_bytes(height, width))

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        start, stop, _ = index.indices(self.shape[0])
        packed = np.empty((max(0, stop - start), self.shape[1]), np.uint8)
        for first in range(start, stop, self._part_frames):
            part = self._read(first, min(first + self._part_frames, stop))
            if part.dtype != np.bool_ and not np.all((part == 0) | (part == 1)):
                raise FileError(
                    f"{self._name} holds other values than 0 and 1, and a spike is one bit a "
                    "frame; counts of spikes are no recording"
                )
            packed[first - start : first - start + len(part)] = bits.pack(part.astype(np.uint8))
        return packed


def open_npy(
    path: RecordingPath, geometry: Geometry | None = None, truncate: bool = False
) -> SpikeStream:
    """Open an ``.npy`` recording; of its frames the first is read.

    An array in Fortran's order, which has the frames of a pixel side by side, is read as a whole.

    Raises:
        GeometryError: the sidecar file says another size, or an exposure that is not in it.
        FileError: damaged, not an array (frames, height, width) of numbers, or its first frame
            holds other values than 0 and 1.
        ResourceError: an array in Fortran's order is larger than the memory.
    """
    source = open_byte_source(path)
    try:
        with source.open() as file:
            shape, fortran_order, dtype = read_npy_header(file)
            offset = file.tell()
    except (ValueError, TypeError, OSError, EOFError) as error:
        raise FileError(f"{path} is damaged, or no .npy file; get it again") from error
    if dtype.kind not in "buif":
        raise FileError(f"{path}: spikes are 0 or 1, and it holds values of type {dtype}")
    if len(shape) != 3 or min(shape) < 1:
        raise FileError(f"{path}: spikes are an array (frames, height, width), not {shape}")
    frame_values = shape[1] * shape[2]
    if source.size != offset + shape[0] * frame_values * dtype.itemsize:
        raise FileError(f"{path} is damaged, or no .npy file; get it again")
    stored = StoredFrames(source, shape[0], frame_values * dtype.itemsize, offset)
    if fortran_order:
        whole = stored[:].reshape(-1).view(dtype).reshape(shape, order="F")
        store = ArrayFrames(str(path), lambda start, stop: whole[start:stop], shape)
    else:
        store = ArrayFrames(
            str(path),
            lambda start, stop: stored[start:stop].view(dtype).reshape(-1, *shape[1:]),
            shape,
        )
    _ = store[0:1]  # an array of counts, or of pictures, is refused at once
    sidecar = read_sidecar(path) or Geometry(shape[1], shape[2])
    if (sidecar.height, sidecar.width) != shape[1:] or (sidecar.exposure or (0, 0))[1] > shape[0]:
        raise GeometryError(
            f"{path} holds {shape[0]} frames of {shape[2]}x{shape[1]}, which is not what "
            f"{sidecar_path(path)} says; correct or remove it"
        )
    return SpikeStream(store, shape[1:], rate=sidecar.rate, exposure=sidecar.exposure)


def write_npy(
    path: Path, stream: SpikeStream, *, layout: str | None = None, progress: Progress[Span] = iter
) -> None:
    """Write ``stream`` as an array (T, H, W) of bytes, eight times as large as packed.

    Rate and exposure go into a sidecar file, as of a ``.dat``.
    """
    path = Path(os.path.realpath(path))
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": stream.shape}
        np.lib.format.write_array_header_1_0(file, header)
        for start, stop in progress(stream.block_spans(1 << 20)):
            file.write(np.ascontiguousarray(stream.read(start, stop)).data)
    write_sidecar(
        path, Geometry(stream.height, stream.width, rate=stream.rate, exposure=stream.exposure)
    )


FORMAT = RecordingFormat(
    name="NumPy array",
    suffixes=(".npy",),
    read=open_npy,
    write=write_npy,
    reads_addresses=True,
)

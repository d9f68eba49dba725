"""HDF5 (``.h5``): compressed recordings of any length, with their geometry and rate inside.

Dataset ``spikes`` (T, frame_bytes) in the layout of `spikecam.bits`, in compressed chunks of
about 1 MB; attributes ``height``, ``width``, and ``rate`` and ``exposure`` where known.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError, OutputError
from spikecam.extras import require_packages
from spikecam.io.atomic import atomic_path
from spikecam.io.byte_source import open_byte_source
from spikecam.io.geometry import Geometry
from spikecam.io.recording_format import RecordingFormat
from spikecam.io.remote_address import RecordingPath, RemoteAddress
from spikecam.io.stored_frames import pack_without_padding
from spikecam.stream import Progress, Span, SpikeStream

_CHUNK_BYTES = 1 << 20


def _open_file(file: Path | BinaryIO, mode: str) -> Any:
    require_packages("h5py", extra="hdf5", purpose="HDF5 files")
    import h5py

    return h5py.File(file, mode)


class _OpenedFile:
    """An HDF5 file on this machine, or one that is far away."""

    def __init__(self, path: RecordingPath) -> None:
        self.name = str(path)
        self._file = open_byte_source(path) if isinstance(path, RemoteAddress) else path

    def open(self) -> Any:
        return _open_file(self._file if isinstance(self._file, Path) else self._file.open(), "r")


class _HDF5Frames:
    """Packed frames in an HDF5 file, read slice by slice.

    The file is opened for every slice and closed again.
    """

    def __init__(self, file: _OpenedFile, shape: tuple[int, int]) -> None:
        self._file = file
        self.shape = shape

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        try:
            with self._file.open() as file:
                return np.asarray(_find_spike_dataset(file)[index])
        except (OSError, KeyError, ValueError) as error:
            raise FileError(
                f"{self._file.name} cannot be read: damaged, or changed since it was opened "
                f"({error})"
            ) from error


def _find_spike_dataset(file: Any) -> Any:
    """Find the data set of spikes in an open file.

    A link to another file is refused: HDF5 can lead to any, which whoever opens this one was not
    asked for.

    Raises:
        ValueError: it leads elsewhere.
    """
    import h5py

    spikes = file["spikes"]
    if not isinstance(file.get("spikes", getlink=True), h5py.HardLink) or (
        spikes.external or spikes.is_virtual
    ):
        raise ValueError("its spikes lie in another file")
    return spikes


def open_hdf5(
    path: RecordingPath, geometry: Geometry | None = None, truncate: bool = False
) -> SpikeStream:
    """Open an HDF5 recording written by `write_hdf5`. No spikes are read yet.

    Raises:
        FileError: it is damaged, or not such a recording.
    """
    try:
        opened = _OpenedFile(path)
        with opened.open() as file:
            spikes = _find_spike_dataset(file)
            attributes = dict(spikes.attrs)
            store = _HDF5Frames(opened, tuple(spikes.shape))
            exposure = [int(n) for n in attributes.get("exposure", ())]
            return SpikeStream(
                store,
                (int(attributes["height"]), int(attributes["width"])),
                rate=float(attributes["rate"]) if "rate" in attributes else None,
                exposure=(exposure[0], exposure[1]) if exposure else None,
            )
    except (OSError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise FileError(
            f"{path} is not an HDF5 recording: expected a dataset 'spikes' with the attributes "
            f"height and width ({error})"
        ) from error


def write_hdf5(
    path: Path,
    stream: SpikeStream,
    *,
    layout: str | None = None,
    progress: Progress[Span] = iter,
) -> None:
    """Write ``stream`` as HDF5, a block at a time.

    Raises:
        OutputError: it cannot be written, or there may be too little room for it.
    """
    require_packages("h5py", extra="hdf5", purpose="HDF5 files")
    shape = (len(stream), bits.frame_bytes(stream.height, stream.width))
    with atomic_path(path) as temporary:
        # The HDF5 library does not survive a full disk, so there must be room for the worst case.
        free, needed = shutil.disk_usage(temporary.parent).free, shape[0] * shape[1] + _CHUNK_BYTES
        if free < needed:
            raise OutputError(
                f"cannot write {path}: it may need {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} "
                "are free; choose another place"
            )
        _write(temporary, stream, shape, progress)


def _write(
    path: Path, stream: SpikeStream, shape: tuple[int, int], progress: Progress[Span]
) -> None:
    chunk = (min(shape[0], max(1, _CHUNK_BYTES // shape[1])), shape[1])
    with _open_file(path, "w") as file:
        spikes = file.create_dataset(
            "spikes", shape, np.uint8, chunks=chunk, compression="gzip", compression_opts=1
        )
        spikes.attrs["height"], spikes.attrs["width"] = stream.height, stream.width
        if stream.rate is not None:
            spikes.attrs["rate"] = stream.rate
        if stream.exposure is not None:
            spikes.attrs["exposure"] = stream.exposure
        for start, stop in progress(stream.block_spans()):
            spikes[start:stop] = pack_without_padding(stream, start, stop)


FORMAT = RecordingFormat(
    name="HDF5",
    suffixes=(".h5", ".hdf5"),
    read=open_hdf5,
    write=write_hdf5,
    reads_addresses=True,
)

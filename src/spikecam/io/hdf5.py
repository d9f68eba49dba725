"""HDF5 (``.h5``): compressed recordings of any length, with their geometry and rate inside.

Dataset ``spikes`` (T, frame_bytes) in the layout of `spikecam.bits`, in compressed chunks of
about 1 MB; attributes ``height``, ``width``, and ``rate`` and ``exposure`` where known.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError, OutputError, SpikecamError
from spikecam.io.atomic import atomic_path
from spikecam.io.dat import packed_blocks
from spikecam.stream import Progress, Span, SpikeStream

_CHUNK_BYTES = 1 << 20


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise SpikecamError(
            "HDF5 files need the package h5py; install it with: pip install h5py"
        ) from error
    return h5py


class _Dataset:
    """The frames of an HDF5 file, opened for every slice, so that nothing needs closing."""

    def __init__(self, path: Path, shape: tuple[int, int]) -> None:
        self.path = path
        self.shape = shape

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        try:
            with _h5py().File(self.path, "r") as file:
                return np.asarray(_own(file)[index])
        except (OSError, KeyError, ValueError) as error:
            raise FileError(
                f"{self.path} cannot be read: damaged, or changed since it was opened ({error})"
            ) from error


def _own(file: Any) -> Any:
    """The data set of spikes, which lies in this file.

    HDF5 can lead to any other file, which whoever opens this one was not asked for.

    Raises:
        ValueError: it leads elsewhere.
    """
    spikes = file["spikes"]
    if not isinstance(file.get("spikes", getlink=True), _h5py().HardLink) or (
        spikes.external or spikes.is_virtual
    ):
        raise ValueError("its spikes lie in another file")
    return spikes


def open_hdf5(path: Path) -> SpikeStream:
    """Open an HDF5 recording written by `write_hdf5`; no spikes are read yet."""
    try:
        with _h5py().File(path, "r") as file:
            spikes = _own(file)
            said = dict(spikes.attrs)
            store = _Dataset(path, tuple(spikes.shape))
            exposure = [int(n) for n in said.get("exposure", ())]
            return SpikeStream(
                store,
                (int(said["height"]), int(said["width"])),
                rate=float(said["rate"]) if "rate" in said else None,
                exposure=(exposure[0], exposure[1]) if exposure else None,
            )
    except (OSError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise FileError(
            f"{path} is not an HDF5 recording: expected a dataset 'spikes' with the attributes "
            f"height and width ({error})"
        ) from error


def write_hdf5(path: Path, stream: SpikeStream, *, progress: Progress[Span] = iter) -> None:
    """Write ``stream`` as HDF5, a block at a time."""
    _h5py()
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
    with _h5py().File(path, "w") as file:
        spikes = file.create_dataset(
            "spikes", shape, np.uint8, chunks=chunk, compression="gzip", compression_opts=1
        )
        spikes.attrs["height"], spikes.attrs["width"] = stream.height, stream.width
        if stream.rate is not None:
            spikes.attrs["rate"] = stream.rate
        if stream.exposure is not None:
            spikes.attrs["exposure"] = stream.exposure
        start = 0
        for packed in packed_blocks(stream, progress):
            spikes[start : start + len(packed)] = packed
            start += len(packed)

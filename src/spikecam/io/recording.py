"""Open and write spike recordings of any format, by the file's ending."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from spikecam.errors import FileError, OptionError
from spikecam.io import geometry
from spikecam.io.dat import open_dat, write_dat
from spikecam.io.hdf5 import open_hdf5, write_hdf5
from spikecam.io.npz import open_npz, write_npz
from spikecam.io.paths import PathLike, check_output_file, existing_file
from spikecam.stream import Progress, Span, SpikeStream

RAW = (".dat", ".bin", ".raw")
HDF5 = (".h5", ".hdf5")
RECORDINGS = (*RAW, ".npz", *HDF5)


def open(
    path: PathLike,
    camera: str | tuple[int, int] | None = None,
    *,
    shape: tuple[int, int] | None = None,
    rate: float | None = None,
    truncate: bool = False,
) -> SpikeStream:
    """Open a spike recording; frames are read only when they are used.

    Args:
        path: a ``.dat`` (``.bin``, ``.raw``), ``.npz`` or ``.h5`` file.
        camera: for headerless files, a known camera ("gen2", "gen2-raw", "m1k40", ...) or
            (height, width).
        shape: for headerless files, (height, width) in pixels.
        rate: frames per second; goes before what the file says.
        truncate: accept a ``.dat`` that ends within a frame, and leave that frame out.

    Returns:
        The recording as a `SpikeStream`.

    Raises:
        FileError: missing, empty, damaged, or not a recording.
        GeometryError: the size is unknown or does not fit the file.
    """
    path = existing_file(path)
    suffix = path.suffix.lower()
    if suffix in RAW:
        said = geometry.resolve(path, camera, shape)
        stream = open_dat(path, said, truncate=truncate)
    elif suffix == ".npz":
        stream = open_npz(path)
    elif suffix in HDF5:
        stream = open_hdf5(path)
    else:
        raise FileError(
            f"{path} does not end like a spike recording; known endings: {', '.join(RECORDINGS)}"
        )
    if suffix not in RAW and (camera is not None or shape is not None):
        geometry.must_match(path, stream.shape[1:], camera, shape)
    stream = stream.named(str(path))
    return stream if rate is None else stream.with_rate(rate)


def as_stream(
    spikes: SpikeStream | PathLike, camera: str | tuple[int, int] | None = None
) -> SpikeStream:
    """``spikes`` itself, or the recording at that path."""
    if isinstance(spikes, SpikeStream):
        if camera is not None:
            raise OptionError("an open recording has its size already; leave camera out")
        return spikes
    if not isinstance(spikes, (str, os.PathLike)):
        raise OptionError(
            f"spikes are a SpikeStream or a path, not {type(spikes).__name__}; "
            "SpikeStream.from_array packs an array"
        )
    return open(spikes, camera)


def check_recording(
    path: PathLike, *, overwrite: bool | None = None, inputs: Iterable[PathLike] = ()
) -> None:
    """Refuse, before any work, a path that `write_recording` would refuse.

    Args:
        path: the output.
        overwrite: False refuses a file that exists; otherwise it is replaced.
        inputs: files that it is made of, which are never replaced.

    Raises:
        OutputError: not the ending of a recording, an input, or a place that cannot be written.
    """
    check_output_file(path, RECORDINGS, "recordings", overwrite=overwrite, inputs=inputs)


def write_recording(
    path: PathLike,
    stream: SpikeStream,
    *,
    layout: str | None = None,
    overwrite: bool | None = None,
    progress: Progress[Span] = iter,
) -> None:
    """Write a recording in the format of the path's ending; lossless in every one.

    Args:
        path: ends in ``.dat`` (with a sidecar file ``.dat.json`` beside it), ``.npz`` or ``.h5``.
        stream: the recording.
        layout: for ``.npz``, "packed" (default), "uhsr" or "rsir".
        overwrite: False refuses a file that exists; otherwise it is replaced.
        progress: wraps the list of spans that are written one after another.
    """
    path = Path(path)
    check_recording(path, overwrite=overwrite)
    suffix = path.suffix.lower()
    if layout is not None and suffix != ".npz":
        raise OptionError(f"a layout ({layout!r}) is chosen for .npz files only, not {path.name}")
    if not len(stream):
        raise OptionError(f"{path}: a recording without frames is not written")
    if suffix in RAW:
        write_dat(path, stream, progress=progress)
    elif suffix == ".npz":
        write_npz(path, stream, layout or "packed", progress=progress)
    else:
        write_hdf5(path, stream, progress=progress)

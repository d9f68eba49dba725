"""Open and write spike recordings of any format, by the file's ending."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from spikecam.errors import FileError, OptionError
from spikecam.io import geometry
from spikecam.io.atomic import check_output_folder, keeping_existing_file
from spikecam.io.paths import (
    PathLike,
    check_existing_file,
    check_existing_folder,
    check_not_input,
    check_output_file,
)
from spikecam.io.recording_format import find_format_or_none, recording_suffixes
from spikecam.io.remote_address import RemoteAddress, as_recording_path
from spikecam.stream import Progress, Span, SpikeStream


def open(
    path: PathLike | RemoteAddress,
    camera: str | tuple[int, int] | None = None,
    *,
    shape: tuple[int, int] | None = None,
    rate: float | None = None,
    truncate: bool = False,
) -> SpikeStream:
    """Open a spike recording; frames are read only when they are used.

    Args:
        path: a file, or a folder, of one of the `recording_formats`; or the address of one that is
            far away: ``s3://``, ``gs://``, ``https://``.
        camera: for headerless files, a known camera ("gen2", "gen2-raw", "m1k40", ...) or
            (height, width).
        shape: for headerless files, (height, width) in pixels.
        rate: frames per second; goes before what the file says.
        truncate: accept a ``.dat`` that was cut short: leave out a frame that is not whole, and an
            exposure that is not in it.

    Returns:
        The recording as a `SpikeStream`.

    Raises:
        FileError: missing, empty, damaged, or not a recording; or far away, and not readable.
        GeometryError: the size is unknown or does not fit the file.
    """
    path = as_recording_path(path)
    form = find_format_or_none(path)
    if isinstance(path, Path):
        is_folder = form is not None and form.is_folder
        path = check_existing_folder(path) if is_folder else check_existing_file(path)
    elif form is not None and not form.reads_addresses:
        raise FileError(f"{form.name} ({path.suffix}) is not read from far away; copy {path} here")
    if form is None:
        raise FileError(
            f"{path} does not end like a spike recording; known endings: "
            f"{', '.join(recording_suffixes())}"
        )
    known = geometry.resolve_geometry(path, camera, shape) if form.needs_geometry else None
    stream = form.read(path, known, truncate)
    if not len(stream):
        raise FileError(f"{path} holds no frames; get it again")
    if not form.needs_geometry and (camera is not None or shape is not None):
        geometry.check_stored_size(path, stream.shape[1:], camera, shape)
    stream = stream.with_name(str(path))
    return stream if rate is None else stream.with_rate(rate)


def as_stream(
    spikes: SpikeStream | PathLike | RemoteAddress, camera: str | tuple[int, int] | None = None
) -> SpikeStream:
    """The stream itself, or the recording opened from a path."""
    if isinstance(spikes, SpikeStream):
        if camera is not None:
            raise OptionError("an open recording has its size already; leave camera out")
        return spikes
    if not isinstance(spikes, (str, os.PathLike, RemoteAddress)):
        raise OptionError(
            f"spikes are a SpikeStream or a path, not {type(spikes).__name__}; "
            "SpikeStream.from_array packs an array"
        )
    return open(spikes, camera)


def check_recording_output(
    path: PathLike,
    *,
    overwrite: bool | None = None,
    inputs: Iterable[PathLike | RemoteAddress] = (),
) -> None:
    """Refuse a path to which `write_recording` could not write, before any work.

    Args:
        path: the output.
        overwrite: False refuses a file that exists; otherwise it is replaced. A folder is replaced
            where it is True alone.
        inputs: files that it is made of, which are never replaced.

    Raises:
        OutputError: not the ending of a recording, an input, or a place that cannot be written.
    """
    form = find_format_or_none(Path(path))
    if form is not None and form.is_folder:
        check_not_input(path, inputs)
        check_output_folder(Path(path), is_replaceable=form.is_replaceable if overwrite else None)
        return
    check_output_file(path, recording_suffixes(), "recordings", overwrite=overwrite, inputs=inputs)


def write_recording(
    path: PathLike,
    stream: SpikeStream,
    *,
    layout: str | None = None,
    overwrite: bool | None = None,
    progress: Progress[Span] = iter,
) -> None:
    """Write a recording in the format of the path's ending. It is lossless in every one.

    Args:
        path: ends like one of the `recording_formats`. Beside one that does not hold size or rate
            a sidecar file is written: ``.dat.json`` beside ``.dat``.
        stream: the recording.
        layout: one of those of the format; for ``.npz`` "packed" (default), "uhsr" or "rsir".
        overwrite: False refuses a file that exists, also one that appears while this one is
            written; otherwise it is replaced. A folder is replaced where it is True alone.
        progress: wraps the list of spans that are written one after another.
    """
    path = Path(path)
    check_recording_output(path, overwrite=overwrite)
    form = find_format_or_none(path)
    assert form is not None
    if layout is not None and layout not in form.layouts:
        known = f"known layouts: {', '.join(form.layouts)}" if form.layouts else "it has none"
        raise OptionError(f"{form.name} ({path.suffix}) has no layout {layout!r}; {known}")
    if not len(stream):
        raise OptionError(f"{path}: a recording without frames is not written")
    protects_existing = not overwrite if form.is_folder else overwrite is False
    with keeping_existing_file(path) if protects_existing else nullcontext():
        form.write(path, stream, layout=layout, progress=progress)

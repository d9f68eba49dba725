"""Spike frames as they come: from a pipe, or from a recording that grows."""

from __future__ import annotations

import os
import selectors
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from spikecam.errors import FileError, GeometryError, OptionError
from spikecam.io.geometry import Geometry, resolve
from spikecam.io.recording import RAW
from spikecam.stream import SpikeStream

# Frames that are handed on together, at most: 25 ms of the fastest camera.
_TOGETHER = 1000
# Seconds until a file that did not grow is looked at again, and until a pipe is given up for now.
_PAUSE, _PATIENCE = 0.004, 0.1
# Bytes that a pipe holds, where the system lets it hold more than usual.
_PIPE = 1 << 20


def follow(
    source: str, camera: str | None = None, shape: tuple[int, int] | None = None
) -> tuple[Geometry, Iterator[SpikeStream]]:
    """The geometry of a source, and its frames as they come.

    Args:
        source: "-" for standard input, else the path of a ``.dat`` file that grows.
        camera, shape: a camera's name, or (height, width), where no sidecar file says it.

    Raises:
        GeometryError: the size is unknown.
        FileError: there is no such file, or it is no packed recording.
        OptionError: nothing is piped in.
    """
    if source == "-":
        if camera is None and shape is None:
            raise GeometryError("a pipe does not say its size; give --size or --camera")
        if sys.stdin.isatty():
            raise OptionError("nothing is piped in; write COMMAND | spikecam live - --size 400x250")
        said = resolve(Path("standard input"), camera, shape)
        return said, piped(sys.stdin.buffer, said)
    path = Path(source)
    if path.suffix.lower() not in RAW:
        raise FileError(f"{path} is not followed: name a {', '.join(RAW)} file, or - for a pipe")
    if not path.is_file():
        raise FileError(f"{path} does not exist yet; begin to record, then follow it")
    said = resolve(path, camera, shape)
    return said, grown(path, said)


def piped(source: BinaryIO, geometry: Geometry) -> Iterator[SpikeStream]:
    """Frames from a pipe, packed as in a ``.dat`` file, until it is closed.

    Args:
        source: the pipe, such as ``sys.stdin.buffer``.
        geometry: of its frames.

    Returns:
        Iterator over the frames that came meanwhile; a stream of none where nothing comes, so that
        whoever waits can look around. What is left of a frame at the end is dropped.
    """
    descriptor = source.fileno()
    _widen(descriptor)
    held = b""
    with selectors.DefaultSelector() as selector:
        # A plain file in place of a pipe is not waited for: it can always be read.
        with suppress(PermissionError):
            selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if selector.get_map() and not selector.select(_PATIENCE):
                yield _stream(b"", geometry)
                continue
            part = os.read(descriptor, _TOGETHER * geometry.frame_bytes)
            if not part:
                return
            held += part
            whole = len(held) // geometry.frame_bytes * geometry.frame_bytes
            if whole:
                yield _stream(held[:whole], geometry)
                held = held[whole:]


def grown(path: Path, geometry: Geometry) -> Iterator[SpikeStream]:
    """Frames of a ``.dat`` file that is still being written, from its end on, for ever.

    Args:
        path: the file.
        geometry: of its frames.

    Returns:
        Iterator over frames, as `piped`.

    Raises:
        FileError: the file is removed, or becomes shorter.
    """
    size = geometry.frame_bytes
    seen = _status(path).st_size // size
    with path.open("rb", buffering=0) as file:
        opened = os.fstat(file.fileno())
        while True:
            status = _status(path)
            length = status.st_size // size
            if length < seen or not os.path.samestat(status, opened):
                raise FileError(f"{path} was replaced while it was followed; follow it again")
            if length == seen:
                time.sleep(_PAUSE)
                yield _stream(b"", geometry)
                continue
            file.seek(seen * size)
            part = file.read(min(length - seen, _TOGETHER) * size)
            whole = len(part) // size
            yield _stream(part[: whole * size], geometry)
            seen += whole


def _stream(packed: bytes, geometry: Geometry) -> SpikeStream:
    frames = np.frombuffer(packed, np.uint8).reshape(-1, geometry.frame_bytes)
    shape = (geometry.height, geometry.width)
    return SpikeStream(frames, shape, row_width=geometry.row_width, rate=geometry.rate)


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise FileError(f"{path} cannot be followed: {error.strerror}") from error


def _widen(descriptor: int) -> None:
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, AttributeError, OSError):
        # Another system, or no pipe: it works with what there is.
        return

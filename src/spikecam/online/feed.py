"""Spike frames as they arrive: from a pipe, in shared memory, or appended to a recording."""

from __future__ import annotations

import io
import os
import selectors
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from spikecam.bits import Bytes
from spikecam.errors import FileError, GeometryError, OptionError
from spikecam.io.geometry import Geometry, check_stored_size, resolve_geometry
from spikecam.io.recording_format import find_format_or_none
from spikecam.online.shared_ring import SharedRingReader
from spikecam.stream import SpikeStream

Result = TypeVar("Result")

# The most frames in one block: 25 ms of the fastest camera.
_BLOCK_FRAMES = 1000
# The most bytes in one block: it stays in the cache of a core until it has been used.
_BLOCK_BYTES = 2 << 20
_RING_POLL_SECONDS = 0.001
# So often it is checked whether the process that writes a ring still runs.
_WRITER_CHECK_SECONDS = 1.0
_FILE_POLL_SECONDS = 0.004
# A file that nobody wrote to for the first of these, nor in the second while it is watched, has
# ended; clocks of file servers differ.
_ENDED_SECONDS, _GROWTH_SECONDS = 10.0, 1.0
# A camera's program that replaces a file may remove the old one first.
_REPLACEMENT_SECONDS = 1.0
_PIPE_TIMEOUT_SECONDS = 0.1
# So often frames of a ring are used that are overwritten meanwhile.
_MOST_TRIES = 3
SHARED_PREFIX = "shm:"
# Requested size of the system's buffer for the pipe; the default is 64 kB.
_PIPE_BUFFER_BYTES = 1 << 20


class Feed(Protocol):
    """Protocol of a source of spike frames that a camera is recording.

    Iterating yields the frames that arrived since the last block, as a `SpikeStream`; an empty one
    where none arrived for a moment, so that the caller can do something else in between. The memory
    of a block is used again for the next.

    Attributes:
        name: of the source, for people.
        geometry: size and layout of the frames.
        frames_behind: frames that have arrived, and are not read yet, as far as the source says.
        leftover_bytes: after the end, how many bytes followed the last whole frame.
        lost_frames: frames that were overwritten before they were read.
    """

    name: str
    geometry: Geometry
    frames_behind: int
    leftover_bytes: int
    lost_frames: int

    def __iter__(self) -> Iterator[SpikeStream]:
        """Blocks of new frames."""


def open_feed(source: str, camera: str | None = None, shape: tuple[int, int] | None = None) -> Feed:
    """Open the feed of frames of a growing recording, of shared memory or of standard input.

    Args:
        source: "-" for standard input, "shm:NAME" for a ring in shared memory (see
            `spikecam.online.shared_ring`), else the path of a ``.dat`` file that is being written.
        camera, shape: a camera's name, or (height, width), where no sidecar file says it.

    Raises:
        GeometryError: the size is unknown, or not that of the ring.
        FileError: there is no such file or ring, it is no packed recording, or it has ended.
        OptionError: standard input is a terminal.
    """
    if source.startswith(SHARED_PREFIX):
        reader = SharedRingReader(source.removeprefix(SHARED_PREFIX))
        size = (reader.geometry.height, reader.geometry.width)
        check_stored_size(Path(source), size, camera, shape)
        return SharedRingFeed(reader)
    if source == "-":
        if camera is None and shape is None:
            raise GeometryError("a pipe does not say its size; give --size or --camera")
        if sys.stdin.isatty():
            raise OptionError("nothing is piped in; write COMMAND | spikecam live - --size 400x250")
        return PipeFeed(sys.stdin.buffer, resolve_geometry(Path("standard input"), camera, shape))
    path = Path(source)
    form = find_format_or_none(path)
    if form is None or not form.needs_geometry:
        raise FileError(
            f"{path} is not followed: name a .dat file, - for a pipe, or shm:NAME for shared memory"
        )
    if not path.is_file():
        raise FileError(f"{path} does not exist yet; begin to record, then follow it")
    feed = GrowingFileFeed(path, resolve_geometry(path, camera, shape))
    _require_growth(path)
    return feed


class PipeFeed:
    """Feed of frames from a pipe, packed as in a ``.dat`` file, until it is closed.

    Args:
        source: the pipe, such as ``sys.stdin.buffer``.
        geometry: of its frames.

    Raises:
        FileError: while iterating, if the pipe ends before one whole frame arrived.
    """

    def __init__(self, pipe: BinaryIO, geometry: Geometry) -> None:
        self.name, self.geometry = "standard input", geometry
        self.frames_behind = self.leftover_bytes = self.lost_frames = 0
        self._descriptor = pipe.fileno()

    def __iter__(self) -> Iterator[SpikeStream]:
        """Blocks of new frames."""
        _enlarge_pipe(self._descriptor)
        frame_bytes = self.geometry.frame_bytes
        frame_count, filled = 0, 0
        buffer = _block_buffer(self.geometry)
        with (
            selectors.DefaultSelector() as selector,
            open(self._descriptor, "rb", buffering=0, closefd=False) as pipe,
        ):
            # A plain file in place of a pipe cannot be waited for, and need not be.
            with suppress(PermissionError):
                selector.register(self._descriptor, selectors.EVENT_READ)
            while True:
                if selector.get_map() and not selector.select(_PIPE_TIMEOUT_SECONDS):
                    yield as_stream(buffer[:0], self.geometry)
                    continue
                byte_count = pipe.readinto(buffer[filled:].data)
                if not byte_count:
                    break
                filled += byte_count
                whole_frames, rest = divmod(filled, frame_bytes)
                if whole_frames:
                    frame_count += whole_frames
                    yield as_stream(buffer[: filled - rest], self.geometry)
                    buffer[:rest] = buffer[filled - rest : filled]
                    filled = rest
        self.leftover_bytes = filled
        if not frame_count:
            size = f"{self.geometry.width}x{self.geometry.height}"
            raise FileError(
                f"the pipe ended after {filled:,} bytes, before one frame of {size} "
                f"({frame_bytes:,} bytes); check the size and the program that sends"
            )


class SharedRingFeed:
    """Feed of frames from a ring in shared memory, from its newest frame on, until it has ended.

    Where the writer overtakes it, it goes on half a ring behind the newest frame, and counts what
    it lost. Where nobody needs every frame, blocks are empty, and frames are left in the ring, of
    which the last ones are used there (`last_frames`): a copy would take longer than their use.

    Attributes:
        reader: of the ring.
        needs_frames: whether somebody needs every frame; by default always.
        passed_frames: frames that came and were left in the ring.
        writable_slots: gives memory for so many frames or fewer, of so many bytes, to which they
            are copied; None, or where it gives none, they are copied to a buffer.

    Args:
        reader: of the ring.

    Raises:
        FileError: while iterating, if the writer's process ended without closing the ring.
    """

    def __init__(self, reader: SharedRingReader) -> None:
        self.name, self.geometry = "shared memory", reader.geometry
        self.frames_behind = self.leftover_bytes = self.lost_frames = 0
        self.writable_slots: Callable[[int, int], Bytes | None] | None = None
        self.needs_frames: Callable[[], bool] = lambda: True
        self.passed_frames = 0
        self.reader = reader

    @property
    def is_late(self) -> bool:
        """Whether so many frames are not read that the writer may overwrite them soon."""
        return self.frames_behind > self.reader.capacity // 4

    def last_frames(self, count: int, use: Callable[[SpikeStream], Result]) -> Result | None:
        """Use the last frames of the ring where they lie.

        Args:
            count: of frames, or as many as were written; half the ring at most.
            use: a function of these frames; it is called again where they were overwritten before
                it returned.

        Returns:
            What it returns of frames that stayed whole; None where it takes longer, three times,
            than the writer needs to overwrite them: they are counted as lost.
        """
        for _ in range(_MOST_TRIES):
            written = self.reader.written
            first = max(0, written - count)
            packed = self.reader.frames(first, written - first)
            result = use(as_stream(packed, self.geometry))
            if self.reader.holds(first):
                return result
        self.lost_frames += written - first
        return None

    def __iter__(self) -> Iterator[SpikeStream]:
        """Blocks of new frames."""
        reader, frame_bytes = self.reader, self.geometry.frame_bytes
        # A block of half the ring would be overwritten while it is copied.
        most = max(1, min(_block_frames(self.geometry), reader.capacity // 4))
        buffer = np.empty((most, frame_bytes), np.uint8)
        position = reader.written
        check_due = time.monotonic() + _WRITER_CHECK_SECONDS
        while True:
            # Looked at first: what a process wrote before it ended is read after this.
            writer_is_gone = False
            if time.monotonic() >= check_due:
                writer_is_gone = reader.writer_is_gone
                check_due = time.monotonic() + _WRITER_CHECK_SECONDS
            ended = reader.ended
            written = reader.written
            passed = 0 if self.needs_frames() else written - position
            self.passed_frames += passed
            position += passed
            self.frames_behind = written - position
            count = min(written - position, most)
            block = buffer[:count]
            if self.writable_slots is not None and count:
                slots = self.writable_slots(count, frame_bytes)
                block = block if slots is None else slots
            if not len(block):
                if ended and not passed:
                    return
                if writer_is_gone:
                    raise FileError(
                        f"the program that writes shared memory {reader.name} has ended without "
                        "closing it; start it again, then follow it"
                    )
                time.sleep(_RING_POLL_SECONDS)
            elif not reader.copy_frames(position, block):
                newest = reader.written
                following = max(position + 1, newest - reader.capacity // 2)
                self.lost_frames += following - position
                position = following
                continue
            yield as_stream(block, self.geometry)
            position += len(block)


class GrowingFileFeed:
    """Feed of frames that are appended to a ``.dat`` file, from its present end on.

    A camera that begins the file anew, in the place of the one before or by cutting it, is followed
    from the new file's begin on.

    Attributes:
        restart_count: how many times the file began anew.

    Args:
        recording_path: the file.
        geometry: of its frames.

    Raises:
        FileError: while iterating, if the file is removed and none takes its place.
    """

    def __init__(self, recording_path: Path, geometry: Geometry) -> None:
        self.name, self.geometry = recording_path.name, geometry
        self.frames_behind = self.leftover_bytes = self.lost_frames = 0
        self.restart_count = 0
        self._path = recording_path

    def __iter__(self) -> Iterator[SpikeStream]:
        """Blocks of new frames."""
        position = _file_status(self._path).st_size // self.geometry.frame_bytes
        while True:
            yield from self._follow(position)
            self.restart_count += 1
            position = 0

    def _follow(self, position: int) -> Iterator[SpikeStream]:
        """Blocks of new frames from a frame on, until the file begins anew."""
        frame_bytes = self.geometry.frame_bytes
        buffer = _block_buffer(self.geometry)
        with _open_again(self._path) as file:
            opened = os.fstat(file.fileno())
            while True:
                status = _file_status_again(self._path)
                length = status.st_size // frame_bytes
                if length < position or not os.path.samestat(status, opened):
                    return
                self.frames_behind = length - position
                if length == position:
                    time.sleep(_FILE_POLL_SECONDS)
                    yield as_stream(buffer[:0], self.geometry)
                    continue
                file.seek(position * frame_bytes)
                byte_count = file.readinto(buffer[: (length - position) * frame_bytes].data)
                whole_frames = byte_count // frame_bytes
                yield as_stream(buffer[: whole_frames * frame_bytes], self.geometry)
                position += whole_frames


def _require_growth(path: Path) -> None:
    """Refuse a recording that has ended: nothing is appended to it any more."""
    first = _file_status(path)
    if time.time() - first.st_mtime < _ENDED_SECONDS:
        return
    end = time.monotonic() + _GROWTH_SECONDS
    while time.monotonic() < end:
        time.sleep(_FILE_POLL_SECONDS)
        status = _file_status(path)
        if (status.st_size, status.st_mtime_ns) != (first.st_size, first.st_mtime_ns):
            return
    raise FileError(
        f"{path} does not grow: the recording has ended; see it with spikecam view or spikecam "
        "app, or begin to record, then follow it"
    )


def _block_frames(geometry: Geometry) -> int:
    return max(1, min(_BLOCK_FRAMES, _BLOCK_BYTES // geometry.frame_bytes))


def _block_buffer(geometry: Geometry) -> npt.NDArray[np.uint8]:
    return np.empty(_block_frames(geometry) * geometry.frame_bytes, np.uint8)


def as_stream(packed: Bytes, geometry: Geometry) -> SpikeStream:
    """Packed frames as a stream; they are not copied."""
    frames = packed.reshape(-1, geometry.frame_bytes)
    shape = (geometry.height, geometry.width)
    return SpikeStream(frames, shape, row_width=geometry.row_width, rate=geometry.rate)


def _file_status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise FileError(f"{path} cannot be followed: {error.strerror}") from error


def _file_status_again(path: Path) -> os.stat_result:
    """Status of a file that may be missing for a moment, while another takes its place.

    Raises:
        FileError: it stays away.
    """
    end = time.monotonic() + _REPLACEMENT_SECONDS
    while not path.exists() and time.monotonic() < end:
        time.sleep(_FILE_POLL_SECONDS)
    return _file_status(path)


def _open_again(path: Path) -> io.FileIO:
    _file_status_again(path)
    try:
        return io.FileIO(path)
    except OSError as error:
        raise FileError(f"{path} cannot be followed: {error.strerror}") from error


def _enlarge_pipe(descriptor: int) -> None:
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BUFFER_BYTES)  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, AttributeError, OSError):
        # Another system, or no pipe: its own buffer does.
        return

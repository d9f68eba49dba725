"""A ring of packed frames in shared memory, by which a camera's program hands frames over.

The memory begins with a header of 4096 bytes, little-endian; the frames follow, each in the layout
of `spikecam.bits`, frame n in place n % capacity:

| byte | type | |
|---|---|---|
| 0 | 8 bytes | ``SPIKRING`` |
| 8 | uint32 | version of the layout, 1 |
| 12, 16, 20 | uint32 | height, width, and stored columns of a row |
| 24 | float64 | frames per second, 0 where unknown |
| 32 | uint64 | capacity in frames |
| 40 | uint64 | number of the writer's process, 0 where unknown |
| 48 | uint64 | where that number counts: on Linux the inode of /proc/self/ns/pid, else 0 |
| 64 | uint64 | frames whose writing has begun |
| 128 | uint64 | frames that are written |
| 192 | uint64 | 1 when no more will follow, else 0 |

The writer adds n to the number at 64, writes the n frames, and adds n to the number at 128; each
number is stored at once, and in this order (release order where a processor changes it). It never
waits. A reader copies frames that are written, then looks at the number at 64: those that were
begun a capacity later may have been overwritten meanwhile, and are lost to it. The process number
shows a reader that the writer has died; one in another container does not know it, and waits.
"""

from __future__ import annotations

import os
import shutil
import struct
import sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from spikecam.bits import Bytes
from spikecam.errors import (
    FileError,
    GeometryError,
    OptionError,
    OutputError,
    ResourceError,
)
from spikecam.io.geometry import Geometry
from spikecam.resources import check_memory, is_process_running

MAGIC, VERSION = b"SPIKRING", 1
HEADER_BYTES = 4096
_FACTS = struct.Struct("<8sIIIIdQQQ")
_BEGUN, _WRITTEN, _ENDED = 64, 128, 192
_LINUX_SHARED_MEMORY = Path("/dev/shm")
_attach_lock = Lock()


class SharedRing:
    """Writer of a ring of frames in shared memory, which ``spikecam live shm:NAME`` follows.

    It is a context, at whose end the ring says that no more frames follow, and its name is free
    again.

    Args:
        name: of the shared memory.
        shape: height and width of the frames.
        capacity: frames that the ring holds: a reader may be so many frames late.
        rate: frames per second where they are known.
        row_width: stored columns of a row where they are more than the width.

    Raises:
        OptionError: a capacity below 2.
        GeometryError: a size that cannot be.
        OutputError: shared memory of this name exists, or cannot be made.
        ResourceError: the ring needs more memory than there is.
    """

    def __init__(
        self,
        name: str,
        shape: tuple[int, int],
        capacity: int,
        *,
        rate: float | None = None,
        row_width: int | None = None,
    ) -> None:
        geometry = Geometry(*shape, row_width=row_width, rate=rate)
        if capacity < 2:
            raise OptionError(f"a ring holds at least 2 frames, not {capacity}")
        size = HEADER_BYTES + capacity * geometry.frame_bytes
        check_memory(size, f"a ring of {capacity:,} frames", "choose a smaller capacity")
        _check_shared_memory(size)
        try:
            self._memory = SharedMemory(name, create=True, size=size)
        except FileExistsError:
            raise OutputError(
                f"shared memory {name} exists; end the program that writes it, or take another name"
            ) from None
        except OSError as error:
            raise OutputError(f"shared memory {name} cannot be made: {error.strerror}") from error
        self.geometry, self.capacity = geometry, capacity
        facts = _FACTS.pack(
            MAGIC,
            VERSION,
            geometry.height,
            geometry.width,
            geometry.row_width or geometry.width,
            geometry.rate or 0.0,
            capacity,
            os.getpid(),
            _process_namespace(),
        )
        _view(self._memory)[: _FACTS.size] = facts
        self._begun, self._written, self._ended = _counters(self._memory)
        self._frames = _frames(self._memory, capacity, geometry.frame_bytes)
        # The system gives the memory now, not while frames come.
        self._frames[:] = 0

    def write(self, packed_frames: npt.NDArray[np.uint8]) -> None:
        """Write packed frames (T, frame_bytes) behind those before; the oldest are overwritten.

        Raises:
            GeometryError: they are no bytes of frames of this size.
        """
        size = self.geometry.frame_bytes
        if packed_frames.dtype != np.uint8 or packed_frames.shape[1:] != (size,):
            raise GeometryError(
                f"frames are uint8 of shape (T, {size}), not {packed_frames.dtype} of "
                f"{packed_frames.shape}; pack them as in a .dat file"
            )
        for start in range(0, len(packed_frames), self.capacity // 2):
            part = packed_frames[start : start + self.capacity // 2]
            place = int(self._written[0]) % self.capacity
            self._begun[0] += len(part)
            before_end = min(len(part), self.capacity - place)
            self._frames[place : place + before_end] = part[:before_end]
            self._frames[: len(part) - before_end] = part[before_end:]
            self._written[0] += len(part)

    def close(self) -> None:
        """Say that no more frames follow; readers still read those that are there.

        A second call does nothing.
        """
        if not hasattr(self, "_ended"):
            return
        self._ended[0] = 1
        # The memory is closed when no array shows it any more.
        del self._begun, self._written, self._ended, self._frames
        self._memory.close()
        self._memory.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class SharedRingReader:
    """Reader of a ring of frames in shared memory.

    Attributes:
        name: of the shared memory.
        geometry: of the frames.
        capacity: frames that the ring holds.

    Raises:
        FileError: there is no shared memory of this name, or it holds no such ring.
    """

    def __init__(self, name: str) -> None:
        try:
            self._memory = _attach(name)
        except (FileNotFoundError, ValueError):
            raise FileError(
                f"there is no shared memory named {name!r}; start the camera's program first"
            ) from None
        except OSError as error:
            raise FileError(f"shared memory {name} cannot be read: {error.strerror}") from error
        facts = bytes(_view(self._memory)[: _FACTS.size])
        self.name, self.capacity = name, 0
        magic, version, height, width, row_width, rate, self.capacity, *writer = _FACTS.unpack(
            facts.ljust(_FACTS.size, b"\0")
        )
        self._writer, self._writer_namespace = writer
        if magic != MAGIC or version != VERSION:
            self._memory.close()
            raise FileError(
                f"shared memory {name} holds no ring of frames of version {VERSION}; name one that "
                "the camera's program writes"
            )
        self.geometry = Geometry(height, width, row_width=row_width, rate=rate or None)
        size = HEADER_BYTES + self.capacity * self.geometry.frame_bytes
        if self._memory.size < size or self.capacity < 2:
            self._memory.close()
            raise FileError(
                f"shared memory {name} is smaller than its header says; start the camera's program "
                "again"
            )
        self._begun, self._written, self._ended = _counters(self._memory)
        self._frames = _frames(self._memory, self.capacity, self.geometry.frame_bytes)

    @property
    def written(self) -> int:
        """Number of frames written so far."""
        return int(self._written[0])

    @property
    def ended(self) -> bool:
        """Whether no more frames follow."""
        return bool(self._ended[0])

    @property
    def writer_is_gone(self) -> bool:
        """Whether the writer's process has ended; False where that cannot be known."""
        is_known = self._writer and self._writer_namespace == _process_namespace()
        return bool(is_known) and not is_process_running(self._writer)

    def copy_frames(self, first: int, target: npt.NDArray[np.uint8]) -> bool:
        """Copy frames from number ``first`` on to ``target``; False if any was overwritten."""
        place = first % self.capacity
        before_end = min(len(target), self.capacity - place)
        target[:before_end] = self._frames[place : place + before_end]
        target[before_end:] = self._frames[: len(target) - before_end]
        return self.holds(first)

    def frames(self, first: int, count: int) -> Bytes:
        """Frames from number ``first`` on, where they lie if none passes the ring's end.

        They may be overwritten at any time: use them, then see whether the ring `holds` the first.
        """
        place = first % self.capacity
        if place + count <= self.capacity:
            return self._frames[place : place + count]
        return np.concatenate([self._frames[place:], self._frames[: place + count - self.capacity]])

    def holds(self, first: int) -> bool:
        """Whether no frame from number ``first`` on was overwritten."""
        return int(self._begun[0]) - self.capacity <= first

    def close(self) -> None:
        """Let go of the shared memory."""
        del self._begun, self._written, self._ended, self._frames
        self._memory.close()


def _check_shared_memory(size: int) -> None:
    """Refuse a ring that the system has no room for: a process that fills it would be killed.

    Raises:
        ResourceError: there is less.
    """
    if not _LINUX_SHARED_MEMORY.is_dir():
        return
    free = shutil.disk_usage(_LINUX_SHARED_MEMORY).free
    if size > free:
        raise ResourceError(
            f"a ring of {size / 1e9:,.2f} GB needs as much shared memory, and {free / 1e9:,.2f} GB "
            f"are free in {_LINUX_SHARED_MEMORY}; choose a smaller capacity, or enlarge it "
            "(docker run --shm-size)"
        )


def _process_namespace() -> int:
    """Identity of the container whose process numbers this process knows; 0 beside Linux."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def _view(memory: SharedMemory) -> memoryview:
    assert memory.buf is not None, "closed"
    return memory.buf


def _counters(memory: SharedMemory) -> list[npt.NDArray[np.uint64]]:
    """The three numbers of the header that change."""
    places = (_BEGUN, _WRITTEN, _ENDED)
    return [np.ndarray(1, np.uint64, memory.buf, offset) for offset in places]


def _frames(memory: SharedMemory, capacity: int, frame_bytes: int) -> npt.NDArray[np.uint8]:
    return np.ndarray((capacity, frame_bytes), np.uint8, memory.buf, HEADER_BYTES)


def _attach(name: str) -> SharedMemory:
    """Open shared memory that belongs to another process, which alone removes it."""
    if sys.version_info >= (3, 13):
        return SharedMemory(name, track=False)
    # Until Python 3.13 a reader that ends removes the memory of the writer.
    with _attach_lock:
        register = resource_tracker.register
        resource_tracker.register = lambda *args: None
        try:
            return SharedMemory(name)
        finally:
            resource_tracker.register = register

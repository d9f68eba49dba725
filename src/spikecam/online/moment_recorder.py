"""The seconds around a moment, recorded from a camera that is watched.

The last frames are held in memory, in a ring. A trigger fixes the frames before and after it; a
thread writes them to a file while frames come in. Where the disk is slower than the camera the ring
fills, and the feed waits: no frame of a moment is left out.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from spikecam.bits import Bytes
from spikecam.errors import OptionError, OutputError, ResourceError
from spikecam.io.atomic import atomic_path, check_writable_file, keeping_existing_file
from spikecam.io.geometry import Geometry, write_sidecar
from spikecam.io.paths import PathLike
from spikecam.online.rate_jump import RateJumpDetector
from spikecam.resources import check_memory, free_disk_bytes
from spikecam.stream import SpikeStream

# The most bytes that are written at a time.
_WRITTEN_BYTES = 8 << 20


@dataclass
class Moment:
    """Frames of a feed that are recorded.

    Attributes:
        begin, stop: they are [begin, stop) of the feed.
        wanted_count: frames that were asked for; `begin` and `stop` leave out those that were lost.
        first: the first of them that is not written yet.
    """

    begin: int
    stop: int
    wanted_count: int
    first: int = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.begin


class MomentRecorder:
    """Recorder of the frames before and after a trigger, of as many moments as there are triggers.

    It is a context, at whose end what was triggered is written as far as frames came.

    Args:
        path: of the first recording, a ``.dat`` file; the next ones are ``NAME-2.dat``,
            ``NAME-3.dat`` and so on. Names that are taken are left out, never replaced. Each has a
            sidecar file.
        geometry: of the frames, as stored; seconds need its rate.
        seconds_before, seconds_after: how long before and after a trigger; together above 0.
        jump: also trigger where the firing rate rises or falls by this factor, above 1; None never.

    Attributes:
        recordings: paths of the recordings that are written.
        memory_bytes: that the ring takes.
        missing_frames: frames of moments that are not in their recordings: they, or frames between
            them and the trigger, were lost before.
        on_moment: called, by another thread, when a moment is written, with its path, its number of
            frames, and that asked for; the path is None where no frame was recorded.
        reads_ring: whether it takes frames from a ring in shared memory; `append` then takes none.

    Raises:
        OptionError: the rate is not known, no frame is asked for, or the factor is not above 1.
        OutputError: the path cannot be written, or is no ``.dat`` file.
        ResourceError: there is not so much memory, or room on the disk.
    """

    reads_ring = False

    def __init__(
        self,
        path: PathLike,
        geometry: Geometry,
        *,
        seconds_before: float,
        seconds_after: float,
        jump: float | None = None,
    ) -> None:
        path = Path(path)
        if path.suffix != ".dat":
            raise OutputError(f"{path} is no .dat file, which moments are recorded to; rename it")
        if geometry.rate is None:
            raise OptionError("seconds need the camera's frames a second; give --rate")
        if not (0 <= seconds_before < math.inf and 0 <= seconds_after < math.inf):
            raise OptionError("seconds before and after a moment are numbers from 0")
        self._jump = None if jump is None else RateJumpDetector(jump, geometry.rate)
        self._before = round(seconds_before * geometry.rate)
        self._after = round(seconds_after * geometry.rate)
        capacity = self._before + self._after
        if capacity < 1:
            raise OptionError("a moment has at least one frame, before or after its trigger")
        self.memory_bytes = capacity * geometry.frame_bytes
        check_memory(
            self.memory_bytes,
            f"holding {capacity:,} frames around a moment",
            "record fewer seconds",
        )
        check_writable_file(path)
        _check_disk(path, self.memory_bytes)
        self.recordings: list[Path] = []
        self._names = _free_names(path)
        self._geometry = replace(geometry, exposure=None)
        self._ring = np.empty((capacity, geometry.frame_bytes), np.uint8)
        # The system gives the memory now, not while frames come.
        self._ring[:] = 0
        self.missing_frames = 0
        self.on_moment: Callable[[Path | None, int, int], None] | None = None
        self._frame_count = 0
        # Frames before this number are not in the memory, or have a gap behind them.
        self._first_frame = 0
        self._last_trigger = 0
        self._moments: deque[Moment] = deque()
        # A signal may trigger while its own thread holds the lock: requests wait without one.
        self._requests: deque[int] = deque()
        self._error: Exception | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._write_moments, daemon=True)
        self._thread.start()

    @property
    def pending_count(self) -> int:
        """Number of moments that are triggered and not written yet."""
        return len(self._moments) + len(self._requests)

    def trigger(self) -> None:
        """Record the moment before the frames that come next; from any thread, or a signal."""
        self._requests.append(self._newest)

    def append(self, frames: SpikeStream) -> None:
        """Append the frames that come next; waits while the ring is full of frames to write.

        Raises:
            OutputError: a moment could not be written.
        """
        if self._jump is not None and self._jump.update(frames):
            self.trigger()
        start = 0
        while start < len(frames):
            with self._changed:
                self._begin_moments()
                self._changed.wait_for(lambda: self._room() or self._error)
                if self._error is not None:
                    raise self._error
                slots = self._free_slots(len(frames) - start)
                slots[:] = frames.packed(start, start + len(slots))
                self._frame_count += len(slots)
                self._changed.notify_all()
            start += len(slots)

    def end_at_gap(self) -> None:
        """End moments where frames were lost; later ones begin here: recordings have no gap."""
        with self._changed:
            self._begin_moments()
            self._first_frame = self._frame_count
            for moment in self._moments:
                if moment.begin < self._frame_count < moment.stop:
                    self.missing_frames += moment.stop - self._frame_count
                    moment.stop = self._frame_count
            self._changed.notify_all()

    def close(self) -> None:
        """Write what was triggered, as far as frames came, and end.

        Raises:
            OutputError: a moment could not be written.
        """
        with self._changed:
            self._begin_moments()
            self._ended = True
            self._changed.notify_all()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def __enter__(self) -> MomentRecorder:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def _newest(self) -> int:
        """Number of the frame that comes next."""
        return self._frame_count

    def _begin_moments(self) -> None:
        while self._requests:
            # In the order of their frames, whoever triggers; where frames were appended meanwhile,
            # not before those of which all are in the memory.
            earliest = max(self._last_trigger, self._frame_count - self._after)
            frame = self._last_trigger = max(self._requests.popleft(), earliest)
            stop = frame + self._after
            begin = min(max(frame - self._before, self._oldest()), stop)
            self.missing_frames += begin - max(0, frame - self._before)
            self._moments.append(Moment(begin, stop, stop - max(0, frame - self._before)))
        self._changed.notify_all()

    def _oldest(self) -> int:
        """Number of the first frame that a moment may have."""
        return max(self._first_frame, self._frame_count - len(self._ring))

    def _room(self) -> int:
        """Frames that may be appended before one is overwritten that is to be written."""
        oldest = min((moment.first for moment in self._moments), default=self._frame_count)
        return len(self._ring) - (self._frame_count - oldest)

    def _free_slots(self, count: int) -> Bytes:
        """Memory for the next frames: so many, or fewer where the room or the ring ends."""
        place = self._frame_count % len(self._ring)
        return self._ring[place : place + min(count, self._room())]

    def _may_write(self, moment: Moment) -> bool:
        """Whether frames of a moment may be written that are there."""
        return self._frame_count > moment.first

    def _write_moments(self) -> None:
        try:
            while self._wait_for_moment():
                moment = self._moments[0]
                if not self._wait_for_frames(moment):
                    self._end_moment(None)
                    continue
                path = next(self._names)
                with (
                    keeping_existing_file(path),
                    atomic_path(path) as temporary,
                    temporary.open("wb") as file,
                ):
                    for part in self._iter_parts(moment):
                        file.write(part.data)
                    # Written before it is renamed, so that a full disk is an error.
                    file.flush()
                write_sidecar(path, self._geometry)
                self._end_moment(path)
        except Exception as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _end_moment(self, path: Path | None) -> None:
        """Take the first moment from those that are not written."""
        with self._changed:
            moment = self._moments.popleft()
            if path is not None:
                self.recordings.append(path)
            self._changed.notify_all()
        if self.on_moment is not None:
            self.on_moment(path, moment.first - moment.begin, moment.wanted_count)

    def _wait_for_moment(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._moments or self._ended)
            return bool(self._moments)

    def _wait_for_frames(self, moment: Moment) -> int:
        """The frame before which a moment can be written now; 0 where no more of it comes."""
        with self._changed:
            self._changed.wait_for(
                lambda: moment.first >= moment.stop or self._may_write(moment) or self._ended
            )
            last = min(moment.stop, self._frame_count)
        return last if last > moment.first else 0

    def _iter_parts(self, moment: Moment) -> Iterator[Bytes]:
        """Yield the frames of a moment as they come; each part is held until the next is asked."""
        most = max(1, _WRITTEN_BYTES // self._ring.shape[1])
        while last := self._wait_for_frames(moment):
            last = min(last, moment.first + most)
            place = moment.first % len(self._ring)
            last = min(last, moment.first + len(self._ring) - place)
            yield self._ring[place : place + last - moment.first]
            with self._changed:
                moment.first = last
                self._changed.notify_all()


def _check_disk(path: Path, size: int) -> None:
    """Refuse a moment that the disk has no room for."""
    free = free_disk_bytes(path)
    if free < size:
        raise ResourceError(
            f"a moment of {size / 1e6:,.0f} MB does not fit on the disk of {path}, where "
            f"{free / 1e6:,.0f} MB are free; record fewer seconds, or choose another place"
        )


def _free_names(path: Path) -> Iterator[Path]:
    """Yield the path, then the path with numbers from 2 on, without those that exist."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return (one for one in itertools.chain([path], numbered) if not one.exists())

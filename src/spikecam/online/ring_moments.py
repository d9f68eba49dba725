"""Moments of frames in shared memory: they stay there until a moment is triggered.

To copy each frame of a fast camera would take the time of a core. Where the ring holds more than
the seconds before a moment, they are copied once it is triggered, before they are overwritten.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from spikecam.io.geometry import Geometry
from spikecam.io.paths import PathLike
from spikecam.online.feed import Feed, SharedRingFeed, as_stream
from spikecam.online.moment_recorder import Moment, MomentRecorder
from spikecam.online.shared_ring import SharedRingReader
from spikecam.stream import SpikeStream

# The ring holds so many times the seconds before a moment, and so many seconds more, at least: the
# lead of copying over the writer.
MIN_RING_RATIO = 1.25
MIN_LEAD_SECONDS = 0.05
_POLL_SECONDS = 0.005
_MAX_COPY_BYTES = 4 << 20
# Seconds between two checks of the firing rate for a jump.
_JUMP_SECONDS = 0.01


def make_moment_recorder(
    path: PathLike, feed: Feed, geometry: Geometry, **options: Any
) -> MomentRecorder:
    """Make the recorder of a feed: it copies each frame, or only those of moments where it can.

    Args:
        path, geometry, options: as for `MomentRecorder`.
        feed: of the frames.

    Raises:
        OptionError, OutputError, ResourceError: as `MomentRecorder`.
    """
    before, rate = options["seconds_before"], geometry.rate or 0
    seconds = max(MIN_RING_RATIO * before, before + MIN_LEAD_SECONDS)
    if isinstance(feed, SharedRingFeed) and feed.reader.capacity >= seconds * rate:
        return SharedRingMomentRecorder(path, feed.reader, geometry, **options)
    return MomentRecorder(path, geometry, **options)


class SharedRingMomentRecorder(MomentRecorder):
    """Recorder of moments of frames in shared memory, which copies the frames of these alone.

    Where copying is overtaken by the writer, a moment ends with the last frame before those that
    were overwritten, or begins after them where none was copied; `missing_frames` counts the rest.

    Args:
        path, geometry: as for `MomentRecorder`.
        reader: of the ring.
        options: seconds before and after a trigger, and the jump, as for `MomentRecorder`.

    Raises:
        OptionError, OutputError, ResourceError: as `MomentRecorder`.
    """

    reads_ring = True

    def __init__(
        self, path: PathLike, reader: SharedRingReader, geometry: Geometry, **options: Any
    ) -> None:
        super().__init__(path, geometry, **options)
        self._reader = reader
        self._end: int | None = None
        self._jump_position = reader.written
        self._copy_thread = threading.Thread(target=self._copy_moments, daemon=True)
        self._copy_thread.start()

    def append(self, frames: SpikeStream) -> None:
        """Take none of them: they lie in the ring.

        Raises:
            OutputError: a moment could not be written.
        """
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Write what was triggered, as far as frames came, and end.

        Raises:
            OutputError: a moment could not be written.
        """
        if self._end is None:
            self._end = self._reader.written
        self._copy_thread.join()
        super().close()

    @property
    def _newest(self) -> int:
        return self._reader.written

    def _oldest(self) -> int:
        return max(super()._oldest(), self._reader.written - self._reader.capacity)

    def _may_write(self, moment: Moment) -> bool:
        # Disk writes slow copying down: while there is memory, they wait until all is copied.
        return super()._may_write(moment) and (self._frame_count >= moment.stop or not self._room())

    def _copy_moments(self) -> None:
        try:
            while self._error is None:
                # Looked at first: what was triggered before the end is copied after this.
                has_ended = self._end is not None
                self._watch_jumps()
                with self._changed:
                    self._begin_moments()
                    is_copied = self._copy_frames()
                if not is_copied:
                    if has_ended:
                        return
                    time.sleep(_POLL_SECONDS)
        except Exception as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _copy_frames(self) -> bool:
        """Copy the next frames of the first moment that is not whole; False if there are none."""
        written = self._reader.written if self._end is None else self._end
        moment = next((one for one in self._moments if one.stop > self._frame_count), None)
        if moment is None:
            return False
        if moment.begin > self._frame_count:
            self._frame_count = self._first_frame = moment.begin
        # A block of half the ring would be overwritten while it is copied.
        most = max(1, min(_MAX_COPY_BYTES // self._ring.shape[1], self._reader.capacity // 4))
        count = min(most, min(moment.stop, written) - self._frame_count)
        if count <= 0:
            return False
        if self._room() <= 0:
            self._changed.wait(_POLL_SECONDS)
            return True
        slots = self._free_slots(count)
        if self._reader.copy_frames(self._frame_count, slots):
            self._frame_count += len(slots)
        else:
            self._skip_overwritten()
        self._changed.notify_all()
        return True

    def _skip_overwritten(self) -> None:
        """Go on half a ring behind the writer, which has overtaken."""
        lost_from = self._frame_count
        self._frame_count = max(lost_from + 1, self._reader.written - self._reader.capacity // 2)
        self._first_frame = self._frame_count
        for moment in self._moments:
            if moment.begin < lost_from < moment.stop:
                self.missing_frames += moment.stop - lost_from
                moment.stop = lost_from
            elif lost_from <= moment.begin < self._frame_count:
                begin = min(self._frame_count, moment.stop)
                self.missing_frames += begin - moment.begin
                moment.begin = moment.first = begin

    def _watch_jumps(self) -> None:
        reader, geometry = self._reader, self._geometry
        new_count = reader.written - self._jump_position
        if self._jump is None or new_count < _JUMP_SECONDS * (geometry.rate or 0):
            return
        first = reader.written - min(new_count, reader.capacity // 4)
        # Where they lie: not past the end of the ring.
        count = min(reader.written - first, reader.capacity - first % reader.capacity)
        self._jump_position = first + count
        if self._jump.update(as_stream(reader.frames(first, count), geometry)):
            self._requests.append(first)

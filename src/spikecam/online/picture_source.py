"""Pictures of frames that come, by one method: the latest, and its number."""

from __future__ import annotations

import threading
import time
from typing import Any, NamedTuple

import numpy as np

from spikecam.method import Method, WindowReconstructor
from spikecam.online.feed import SharedRingFeed
from spikecam.online.methods import make_online_reconstructor
from spikecam.orientation import Orientation
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

# Seconds between two pictures while reading is late.
_LATE_PERIOD_SECONDS = 0.25


class LivePicture(NamedTuple):
    """A picture that was made while frames come.

    Attributes:
        number: of the picture, from 1.
        picture: (H, W) in [0, 1].
        frame_count: frames that had come.
        method: name of the method that made it.
    """

    number: int
    picture: Picture
    frame_count: int
    method: str


class PictureSource:
    """Pictures of frames that come, by one method.

    Attributes:
        method: its name.
        options: of the method, as it parsed them.
        reconstructor: its state.
        picture_count: pictures that were made.
        viewer_count: pages that watch it.

    Args:
        method: an online method, see `spikecam.online.methods.find_online_method`.
        options: of the method, as it parsed them.
        shape: height and width of the frames in pixels.
        fps: the most pictures per second.
        orientation: of the pictures.
        ring: that the frames lie in, if any. Methods whose pictures are of the last frames alone
            take these from it where it holds twice as many.

    Raises:
        OptionError: the method refuses the value of an option for frames of this shape.
    """

    def __init__(
        self,
        method: Method,
        options: Any,
        shape: tuple[int, int],
        fps: float,
        orientation: Orientation = Orientation(),
        ring: SharedRingFeed | None = None,
    ) -> None:
        self.method, self.options = method.name, options
        self.reconstructor = make_online_reconstructor(method, shape, options)
        self.picture_count = self.viewer_count = 0
        self._ring = ring
        self._fps, self._orientation = fps, orientation
        self._latest: LivePicture | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._picture_due, self._picture_pending = time.monotonic(), False
        self._picture_start = time.monotonic()

    @property
    def reads_ring(self) -> bool:
        """Whether pictures are of frames that lie in a ring; `update` then takes none."""
        return (
            self._ring is not None
            and isinstance(self.reconstructor, WindowReconstructor)
            and 2 * self.reconstructor.length <= self._ring.reader.capacity
        )

    def update(self, frames: SpikeStream) -> None:
        """Take the frames that come next, or learn that some came to the ring."""
        if len(frames) and not self.reads_ring:
            self.reconstructor.update(frames)
        self._picture_pending = True

    def make_picture_if_due(
        self, frame_count: int, source_count: int = 1, *, is_late: bool = False
    ) -> bool:
        """Make a picture where there are new frames and it is time for it.

        Args:
            frame_count: frames that have come.
            source_count: sources whose pictures are made beside each other.
            is_late: whether frames may be lost: then pictures are left out, but for a few.
        """
        start = time.monotonic()
        due = self._picture_start + _LATE_PERIOD_SECONDS if is_late else self._picture_due
        if not self._picture_pending or start < due:
            return False
        self._picture_start = start
        if not self._publish(frame_count):
            return False
        seconds = source_count * (time.monotonic() - start)
        # One picture late is made up for; what was missed longer is left out. Frames have as much
        # time as pictures, where this thread reads them.
        period = 1 / self._fps
        self._picture_due = max(self._picture_due + period, start - period)
        if seconds > period and not self.reads_ring:
            self._picture_due = start + 2 * seconds
        return True

    def end(self, frame_count: int, *, with_picture: bool) -> bool:
        """Make the last picture where frames have come since the one before; nothing follows.

        Args:
            frame_count: frames that have come.
            with_picture: whether it is to be made at all.
        """
        makes_picture = with_picture and self._picture_pending and self._publish(frame_count)
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        return makes_picture

    def next_picture(self, after: int, timeout: float = 1.0) -> LivePicture | None:
        """The latest picture, once there is one later than number ``after``.

        None if there is none within ``timeout`` seconds, or none will follow.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.picture_count > after or self._ended, timeout)
            if self._latest is None or self._latest.number <= after:
                return None
            return self._latest

    def _publish(self, frame_count: int) -> bool:
        """Make a picture; False where its frames were lost."""
        upright = self._make_picture()
        if upright is None:
            return False
        picture = np.ascontiguousarray(self._orientation.apply(upright))
        self._picture_pending = False
        with self._changed:
            self.picture_count += 1
            self._latest = LivePicture(self.picture_count, picture, frame_count, self.method)
            self._changed.notify_all()
        return True

    def _make_picture(self) -> Picture | None:
        reconstructor = self.reconstructor
        if not self.reads_ring:
            return reconstructor.picture()
        assert isinstance(reconstructor, WindowReconstructor)
        assert self._ring is not None
        return self._ring.last_frames(reconstructor.length, reconstructor.picture_of)

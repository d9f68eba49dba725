"""Pictures of frames that come, by one method: the latest, and its number."""

from __future__ import annotations

import threading
import time
from typing import Any, NamedTuple

import numpy as np

from spikecam.method import Method
from spikecam.online.methods import make_online_reconstructor
from spikecam.orientation import Orientation
from spikecam.picture import Picture
from spikecam.stream import SpikeStream


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
    ) -> None:
        self.method, self.options = method.name, options
        self.reconstructor = make_online_reconstructor(method, shape, options)
        self.picture_count = self.viewer_count = 0
        self._fps, self._orientation = fps, orientation
        self._latest: LivePicture | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._picture_due, self._picture_pending = time.monotonic(), False

    def update(self, frames: SpikeStream) -> None:
        """Take the frames that come next."""
        self.reconstructor.update(frames)
        self._picture_pending = True

    def make_picture_if_due(self, frame_count: int, source_count: int = 1) -> bool:
        """Make a picture where there are new frames and it is time for it.

        Args:
            frame_count: frames that have come.
            source_count: sources whose pictures are made beside each other.
        """
        start = time.monotonic()
        if not self._picture_pending or start < self._picture_due:
            return False
        self._publish(frame_count)
        seconds = source_count * (time.monotonic() - start)
        # One picture late is made up for; what was missed longer is left out. Frames have as much
        # time as pictures.
        period = 1 / self._fps
        self._picture_due = max(self._picture_due + period, start - period)
        if seconds > period:
            self._picture_due = start + 2 * seconds
        return True

    def end(self, frame_count: int, *, with_picture: bool) -> bool:
        """Make the last picture where frames have come since the one before; nothing follows.

        Args:
            frame_count: frames that have come.
            with_picture: whether it is to be made at all.
        """
        makes_picture = with_picture and self._picture_pending
        if makes_picture:
            self._publish(frame_count)
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

    def _publish(self, frame_count: int) -> None:
        picture = np.ascontiguousarray(self._orientation.apply(self.reconstructor.picture()))
        self._picture_pending = False
        with self._changed:
            self.picture_count += 1
            self._latest = LivePicture(self.picture_count, picture, frame_count, self.method)
            self._changed.notify_all()

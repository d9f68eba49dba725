"""Live reconstruction: every frame of a feed is read, pictures are made as time allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from spikecam.bits import Bytes
from spikecam.online.feed import Feed, SharedRingFeed
from spikecam.online.methods import online_reconstructor
from spikecam.online.moment_recorder import MomentRecorder
from spikecam.orientation import Orientation
from spikecam.picture import Picture

_RATE_PERIOD_SECONDS = 1.0


class LiveReconstruction:
    """Live reconstruction: reads a feed and makes pictures of it, with counts and rates.

    Attributes:
        frame_count, picture_count, sent_count: frames read, pictures made of them, and pictures
            that a page sent to a browser (it counts them here).
        frame_rate, picture_rate, sent_rate: the same per second, over the last second.
        ended: whether the feed has ended, `stop` was called, or an error occurred.
        error: the error that ended it, if any.

    Args:
        feed: the frames.
        method: name of an online method, see `spikecam.online.methods.online_method_names`.
        options: of the method; kept, where they apply, when another is chosen.
        fps: the most pictures per second; where time is short, pictures are left out, never frames.
        orientation: of the pictures; frames are read as they are recorded.
        recorder: takes every frame, too, for moments that are recorded.

    Raises:
        OptionError: the method cannot reconstruct online, or refuses the value of an option.
        RangeError: the crop leaves the frame.
    """

    def __init__(
        self,
        feed: Feed,
        method: str,
        options: Mapping[str, Any] | None = None,
        *,
        fps: float = 60,
        orientation: Orientation = Orientation(),
        recorder: MomentRecorder | None = None,
    ) -> None:
        orientation.oriented_shape((feed.geometry.height, feed.geometry.width))
        self.feed, self.fps, self.orientation = feed, fps, orientation
        self.recorder = recorder
        self.frame_count = self.picture_count = self.sent_count = 0
        self.frame_rate = self.picture_rate = self.sent_rate = 0.0
        self.ended = False
        self.error: Exception | None = None
        self._options = dict(options or {})
        self._first_update = self._last_update = 0.0
        self._picture: Picture | None = None
        self._changed = threading.Condition()
        self._stop_requested = threading.Event()
        self.choose_method(method)
        if isinstance(feed, SharedRingFeed):
            feed.place = self._place

    @property
    def seconds_since_frames(self) -> float | None:
        """How long no frame has come, in seconds; None before the first."""
        return time.monotonic() - self._last_update if self.frame_count else None

    @property
    def method(self) -> str:
        """Name of the method that makes the pictures now."""
        return self._method

    def choose_method(self, name: str) -> None:
        """Make the pictures by another method from the next frame on.

        Raises:
            OptionError: as for the constructor; the present method then stays.
        """
        geometry = self.feed.geometry
        shape = (geometry.height, geometry.width)
        self.reconstructor = online_reconstructor(name, shape, self._options)
        self._method = name

    def run(self) -> None:
        """Read frames and make pictures until they end or `stop` is called.

        An error is kept, not raised.
        """
        try:
            self._run()
        except Exception as error:
            self.error = error
        finally:
            with self._changed:
                self.ended = True
                self._changed.notify_all()

    def _run(self) -> None:
        picture_due = rates_since = time.monotonic()
        counts_before, picture_pending = (0, 0, 0), False
        for frames in self.feed:
            if self._stop_requested.is_set():
                return
            if len(frames):
                self._first_update = self._first_update or time.monotonic()
                if self.recorder is not None:
                    self.recorder.append(frames)
                self.reconstructor.update(frames)
                self._last_update = time.monotonic()
                self.frame_count += len(frames)
                picture_pending = True
            now = time.monotonic()
            if picture_pending and now >= picture_due:
                self._publish(self.reconstructor.picture())
                picture_pending = False
                # One picture late is made up for; what was missed longer is left out. Frames have
                # as much time as pictures.
                picture_seconds = time.monotonic() - now
                picture_due = max(picture_due + 1 / self.fps, now - 1 / self.fps)
                if picture_seconds > 1 / self.fps:
                    picture_due = now + 2 * picture_seconds
            elapsed = now - rates_since
            if elapsed >= _RATE_PERIOD_SECONDS:
                counts = (self.frame_count, self.picture_count, self.sent_count)
                self.frame_rate, self.picture_rate, self.sent_rate = (
                    (count - before) / elapsed
                    for count, before in zip(counts, counts_before, strict=True)
                )
                rates_since, counts_before = now, counts
        if picture_pending:
            self._publish(self.reconstructor.picture())

    def summary(self) -> str:
        """Summary in one line: frames read and pictures made, with their rates."""
        seconds = self._last_update - self._first_update or 1.0
        parts = [
            f"{self.frame_count:,} frames, {self.frame_count / seconds:,.0f} a second",
            f"{self.picture_count:,} pictures, {self.picture_count / seconds:.1f} a second",
        ]
        if self.sent_count:
            parts.append(f"{self.sent_count:,} sent, {self.sent_count / seconds:.1f} a second")
        if self.feed.lost_frames:
            parts.append(
                f"{self.feed.lost_frames:,} frames were lost: they were overwritten before they "
                "were read"
            )
        if self.feed.leftover_bytes:
            geometry = self.feed.geometry
            parts.append(
                f"the last {self.feed.leftover_bytes:,} bytes are less than a frame of "
                f"{geometry.width}x{geometry.height} and were left out; is the size right?"
            )
        return "; ".join(parts)

    def stop(self) -> None:
        """Stop `run` at the next block of frames."""
        self._stop_requested.set()

    def next_picture(self, after: int, timeout: float = 1.0) -> tuple[int, Picture] | None:
        """The latest picture and its number, once there is one later than number ``after``.

        None if there is none within ``timeout`` seconds, or none will follow.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.picture_count > after or self.ended, timeout)
            if self._picture is None or self.picture_count <= after:
                return None
            return self.picture_count, self._picture

    def _place(self, count: int, size: int) -> Bytes | None:
        """Memory of the method to which frames are copied, where it has some."""
        place = getattr(self.reconstructor, "place", None)
        memory: Bytes | None = None if place is None else place(count, size)
        return memory

    def _publish(self, picture: Picture) -> None:
        picture = np.ascontiguousarray(self.orientation.apply(picture))
        with self._changed:
            self._picture = picture
            self.picture_count += 1
            self._changed.notify_all()

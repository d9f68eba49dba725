"""Live reconstruction: frames of a feed are followed, pictures are made as time allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from spikecam.bits import Bytes
from spikecam.errors import OptionError
from spikecam.method import Method, OnlineReconstructor
from spikecam.online.feed import Feed, SharedRingFeed
from spikecam.online.methods import find_online_method
from spikecam.online.moment_recorder import MomentRecorder
from spikecam.online.picture_source import PictureSource
from spikecam.orientation import Orientation
from spikecam.picture import Picture

_RATE_PERIOD_SECONDS = 1.0
MAX_SOURCES = 4
"""Different methods and windows that are watched at a time; each takes time of its own."""


class LiveReconstruction:
    """Live reconstruction: reads a feed and makes pictures of it, with counts and rates.

    Attributes:
        frame_count, picture_count, sent_count: frames that came, pictures made of them, and
            pictures that pages sent to browsers (they count them here).
        frame_rate: frames that came per second, over the last second.
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
        self.frame_rate = 0.0
        self.ended = False
        self.error: Exception | None = None
        self._options = dict(options or {})
        self._first_update = self._last_update = 0.0
        self._stop_requested = threading.Event()
        self._lock = threading.Lock()
        self._main = self._make_source(*find_online_method(method, self._options))
        # Replaced, never changed: it is read while frames are.
        self._page_sources: tuple[PictureSource, ...] = ()
        if isinstance(feed, SharedRingFeed):
            feed.writable_slots = self._writable_slots
            feed.needs_frames = self._needs_frames

    @property
    def seconds_since_frames(self) -> float | None:
        """How long no frame has come, in seconds; None before the first."""
        return time.monotonic() - self._last_update if self.frame_count else None

    @property
    def method(self) -> str:
        """Name of the method that makes the pictures of `next_picture`."""
        return self._main.method

    @property
    def reconstructor(self) -> OnlineReconstructor:
        """State of this method."""
        return self._main.reconstructor

    @reconstructor.setter
    def reconstructor(self, reconstructor: OnlineReconstructor) -> None:
        self._main.reconstructor = reconstructor

    def choose_method(self, name: str) -> None:
        """Make the pictures of `next_picture` by another method from the next frame on.

        Raises:
            OptionError: as for the constructor; the present method then stays.
        """
        source = self._make_source(*find_online_method(name, self._options))
        source.picture_count = self._main.picture_count
        self._main = source

    def watch(self, method: str | None = None, window: int | None = None) -> PictureSource:
        """The source of pictures by a method and window, which all who watch them share.

        Args:
            method: its name; by default that of `method`, which is never refused without a window.
            window: in frames, for a method that has one; by default as the options say.

        Raises:
            OptionError: as for the constructor, or `MAX_SOURCES` different ones are watched.
        """
        if method is None and window is None:
            with self._lock:
                return self._exchange(None, self._main)
        return self._watch_in_place_of(None, method or self.method, window)

    def replace(
        self, source: PictureSource, method: str, window: int | None = None
    ) -> PictureSource:
        """Watch a method and window in place of a source, which is released.

        Args:
            source: that is watched; it stays so where the other is refused.
            method, window: as for `watch`.

        Raises:
            OptionError: as for the constructor, or `MAX_SOURCES` others are watched.
        """
        return self._watch_in_place_of(source, method, window)

    def release(self, source: PictureSource) -> None:
        """Watch a source no more. Without anybody else who does, it takes no more time."""
        with self._lock:
            source.viewer_count -= 1
            self._page_sources = tuple(one for one in self._page_sources if one.viewer_count)

    def _watch_in_place_of(
        self, before: PictureSource | None, name: str, window: int | None
    ) -> PictureSource:
        """Watch a method and window, in place of a source if one is given."""
        options = self._options if window is None else {**self._options, "window": window}
        method, parsed = find_online_method(name, options)
        with self._lock:
            source = self._find_source(method, parsed)
            if source is not None:
                return self._exchange(before, source)
            self._check_room(before)
        # A method may load a network; meanwhile others may watch, and even the same.
        new = self._make_source(method, parsed)
        with self._lock:
            source = self._find_source(method, parsed)
            if source is None:
                self._check_room(before)
                source = new
            return self._exchange(before, source)

    def _find_source(self, method: Method, options: Any) -> PictureSource | None:
        for source in (self._main, *self._page_sources):
            if (source.method, source.options) == (method.name, options):
                return source
        return None

    def _check_room(self, before: PictureSource | None) -> None:
        """Refuse one more source where as many are watched as may be, without that before."""
        is_released = before is not None and before.viewer_count == 1
        if len(self._page_sources) - is_released >= MAX_SOURCES:
            raise OptionError(
                f"{MAX_SOURCES} different pictures are watched already; choose a method "
                "and window of another page, or close one"
            )

    def _exchange(self, before: PictureSource | None, source: PictureSource) -> PictureSource:
        """Count a viewer of a source, and one less of that before."""
        source.viewer_count += 1
        if before is not None:
            before.viewer_count -= 1
        sources = self._page_sources
        if source not in sources:
            sources = (*sources, source)
        self._page_sources = tuple(one for one in sources if one.viewer_count)
        return source

    def _make_source(self, method: Method, options: Any) -> PictureSource:
        geometry = self.feed.geometry
        shape = geometry.height, geometry.width
        ring = self.feed if isinstance(self.feed, SharedRingFeed) else None
        return PictureSource(method, options, shape, self.fps, self.orientation, ring)

    def _needs_frames(self) -> bool:
        """Whether all frames are to be read: some method or the recorder takes each of them."""
        if self.recorder is not None and not self.recorder.reads_ring:
            return True
        return not all(one.reads_ring for one in self._sources)

    def _writable_slots(self, count: int, size: int) -> Bytes | None:
        """Memory of the main method to which frames are copied, where it has some."""
        if self._main.reads_ring:
            return None
        slots_of_method = getattr(self.reconstructor, "writable_slots", None)
        slots: Bytes | None = None if slots_of_method is None else slots_of_method(count, size)
        return slots

    @property
    def _sources(self) -> tuple[PictureSource, ...]:
        """Those that take frames; the main one always does, so that it can be watched again."""
        sources = self._page_sources
        return sources if self._main in sources else (self._main, *sources)

    def _shows(self, source: PictureSource) -> bool:
        """Whether pictures of a source are made."""
        return source.viewer_count > 0 or not self._page_sources

    def run(self) -> None:
        """Read frames and make pictures until they end or `stop` is called.

        An error is kept, not raised.
        """
        try:
            self._run()
        except Exception as error:
            self.error = error
        finally:
            self.ended = True
            for source in self._sources:
                is_made = source.end(self.frame_count, with_picture=self._ends_with_picture(source))
                self.picture_count += is_made

    def _ends_with_picture(self, source: PictureSource) -> bool:
        return self.error is None and not self._stop_requested.is_set() and self._shows(source)

    def _run(self) -> None:
        rate_since, count_before, passed, lost = time.monotonic(), 0, 0, 0
        for frames in self.feed:
            if self._stop_requested.is_set():
                return
            sources = self._sources
            new_count = len(frames)
            if isinstance(self.feed, SharedRingFeed):
                new_count += self.feed.passed_frames - passed
                passed = self.feed.passed_frames
            if new_count:
                self._first_update = self._first_update or time.monotonic()
                if self.recorder is not None:
                    if self.feed.lost_frames > lost and not self.recorder.reads_ring:
                        self.recorder.end_at_gap()
                    self.recorder.append(frames)
                lost = self.feed.lost_frames
                for source in sources:
                    source.update(frames)
                self._last_update = time.monotonic()
                self.frame_count += new_count
            shown = [source for source in sources if self._shows(source)]
            is_late = isinstance(self.feed, SharedRingFeed) and self.feed.is_late
            for source in shown:
                is_made = source.make_picture_if_due(self.frame_count, len(shown), is_late=is_late)
                self.picture_count += is_made
            elapsed = time.monotonic() - rate_since
            if elapsed >= _RATE_PERIOD_SECONDS:
                self.frame_rate = (self.frame_count - count_before) / elapsed
                rate_since, count_before = time.monotonic(), self.frame_count

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
        if self.recorder is not None and self.recorder.missing_frames:
            parts.append(
                f"{self.recorder.missing_frames:,} frames of moments are missing: some were "
                "overwritten before they were copied; enlarge the ring of the camera's program"
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
        latest = self._main.next_picture(after, timeout)
        return None if latest is None else (latest.number, latest.picture)

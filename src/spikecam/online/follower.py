"""Follow frames that keep coming: all of them are seen, and pictures shown as fast as is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from spikecam.method import OnlineReconstructor
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

# Seconds over which rates are taken.
_SPELL = 1.0


class Follower:
    """What comes, and what is shown of it.

    Attributes:
        seen, shown, sent: frames that came, pictures that were made of them, and those of these
            that went to a browser.
        frame_rate, picture_rate, sent_rate: each a second, over the last second.
        ended: whether no more will come.
        error: why it ended, where that was not the end of the frames.

    Args:
        reconstructor: makes the pictures; may be replaced by another while it runs.
        fps: pictures a second, at most: where time is short, pictures are left out, never frames.
    """

    def __init__(self, reconstructor: OnlineReconstructor, fps: float) -> None:
        self.reconstructor, self.fps = reconstructor, fps
        self.seen = self.shown = self.sent = 0
        self.frame_rate = self.picture_rate = self.sent_rate = 0.0
        self.ended = False
        self.error: Exception | None = None
        self._first = self._last = 0.0
        self._picture: Picture | None = None
        self._changed = threading.Condition()
        self._stopped = threading.Event()

    def run(self, blocks: Iterable[SpikeStream]) -> None:
        """See all frames, until they end or `stop`; what goes wrong is kept in ``error``."""
        try:
            self._run(blocks)
        except Exception as error:
            self.error = error
        finally:
            with self._changed:
                self.ended = True
                self._changed.notify_all()

    def _run(self, blocks: Iterable[SpikeStream]) -> None:
        due = spell = time.monotonic()
        before, pending = (0, 0, 0), False
        for frames in blocks:
            if self._stopped.is_set():
                return
            if len(frames):
                self._first = self._first or time.monotonic()
                self.reconstructor.update(frames)
                self._last = time.monotonic()
                self.seen += len(frames)
                pending = True
            now = time.monotonic()
            if pending and now >= due:
                self._show(self.reconstructor.picture())
                pending = False
                # On time again by itself after a short delay; what was missed longer is not shown.
                due = max(due + 1 / self.fps, now - 1 / self.fps)
            if now - spell >= _SPELL:
                counts = (self.seen, self.shown, self.sent)
                self.frame_rate, self.picture_rate, self.sent_rate = (
                    (count - past) / (now - spell)
                    for count, past in zip(counts, before, strict=True)
                )
                spell, before = now, counts
        if pending:
            self._show(self.reconstructor.picture())

    def summary(self) -> str:
        """What came and what was shown of it, from the first frame to the last, in a line."""
        taken = self._last - self._first or 1.0
        sent = f"; {self.sent:,} sent, {self.sent / taken:.1f} a second" if self.sent else ""
        return (
            f"{self.seen:,} frames, {self.seen / taken:,.0f} a second; {self.shown:,} pictures, "
            f"{self.shown / taken:.1f} a second{sent}"
        )

    def stop(self) -> None:
        """End `run` at the next frames."""
        self._stopped.set()

    def next_picture(self, after: int, timeout: float = 1.0) -> tuple[int, Picture] | None:
        """The latest picture and its number, once there is one later than number ``after``.

        None where none came in ``timeout`` seconds, or none will.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.shown > after or self.ended, timeout)
            if self._picture is None or self.shown <= after:
                return None
            return self.shown, self._picture

    def _show(self, picture: Picture) -> None:
        with self._changed:
            self._picture = picture
            self.shown += 1
            self._changed.notify_all()

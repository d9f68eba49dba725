"""What one page shows of a camera that records: its own method, window, display and still."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import PurePath

from spikecam.app.png import encode_png
from spikecam.errors import OptionError
from spikecam.io.pictures import encode_picture
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.online.picture_source import LivePicture
from spikecam.picture import Picture
from spikecam.show.display import DisplayMapping

_FIT_INTERVAL_PICTURES = 30
# Share of a new fit that is added to the present black and white.
_FIT_SHARE = 0.3
_JPEG_QUALITY = 90
_PICTURE_TIMEOUT_SECONDS = 0.3
_RATE_PERIOD_SECONDS = 1.0


class SmoothedDisplayMapping:
    """Display mapping that follows changes of the light slowly, against flicker.

    Attributes:
        gamma: above 1 lifts the shadows.
        is_held: black and white stay as they are.
    """

    def __init__(self) -> None:
        self.gamma, self.is_held = 1.0, False
        self._display: DisplayMapping | None = None
        self._picture_count = 0

    def __call__(self, picture: Picture) -> Picture:
        """The picture as it is shown, in [0, 1]."""
        is_due = not self.is_held and self._picture_count % _FIT_INTERVAL_PICTURES == 0
        if is_due or self._display is None:
            new = DisplayMapping.fit(picture)
            old = self._display or new
            black, white = (
                before + _FIT_SHARE * (after - before)
                for before, after in ((old.black, new.black), (old.white, new.white))
            )
            self._display = DisplayMapping(black, white)
        self._picture_count += 1
        return DisplayMapping(self._display.black, self._display.white, self.gamma)(picture)


class LiveView:
    """What one page shows of a live reconstruction.

    Attributes:
        live: the reconstruction.
        display: its own display mapping.
        is_frozen: whether the picture stands still, while frames are read as before.
        sent_count: pictures that were sent to this page.

    Args:
        live: the reconstruction.
    """

    def __init__(self, live: LiveReconstruction) -> None:
        self.live, self.display = live, SmoothedDisplayMapping()
        self.is_frozen, self.sent_count = False, 0
        self._source = live.watch()
        self._picture: LivePicture | None = None
        self._is_closed = False
        self._choice_lock = threading.Lock()
        self._picture_rate = self._sent_rate = 0.0
        self._rate_since, self._counts_before = time.monotonic(), (0, 0)

    @property
    def method(self) -> str:
        """Name of the method of this page."""
        return self._source.method

    @property
    def window(self) -> int | None:
        """Window of the method in frames; None where it has none."""
        window: int | None = getattr(self._source.options, "window", None)
        return window

    def choose(self, method: str, window: int | None = None) -> None:
        """Show pictures by another method, or of another window, from the next frame on.

        It may wait for a network that is loaded. A view that is closed stays as it is.

        Raises:
            OptionError: a value that the method refuses, or too many different pictures are
                watched; the present ones then stay.
        """
        with self._choice_lock:
            if self._is_closed:
                return
            source = self.live.replace(self._source, method, window)
            self._source = source
            self._counts_before = source.picture_count, self.sent_count

    def close(self) -> None:
        """End the stream of pictures, and watch no more. It waits for a choice that is made."""
        with self._choice_lock:
            if not self._is_closed:
                self._is_closed = True
                self.live.release(self._source)

    def rates(self) -> tuple[float, float]:
        """Pictures made for this page, and sent to it, per second, over the last second."""
        elapsed = time.monotonic() - self._rate_since
        if elapsed >= _RATE_PERIOD_SECONDS:
            counts = self._source.picture_count, self.sent_count
            self._picture_rate, self._sent_rate = (
                (count - before) / elapsed
                for count, before in zip(counts, self._counts_before, strict=True)
            )
            self._rate_since, self._counts_before = time.monotonic(), counts
        return self._picture_rate, self._sent_rate

    def iter_jpegs(self) -> Iterator[bytes]:
        """Yield JPEG files of the pictures until they end.

        Pictures that a browser does not take in time are skipped for it. While none is made, the
        last one is sent again and again: Chromium shows a picture when the next one comes. A file
        is empty before the first.
        """
        source = self._source
        number = 0
        while not self._is_closed:
            if source is not self._source:
                source, number = self._source, 0
            latest = source.next_picture(number, timeout=_PICTURE_TIMEOUT_SECONDS)
            if latest is not None and self.is_frozen and self._picture is not None:
                # It stands still: pictures that are made meanwhile set no pace.
                time.sleep(_PICTURE_TIMEOUT_SECONDS)
            elif latest is not None:
                self._picture, number = latest, latest.number
                self.sent_count += 1
                self.live.sent_count += 1
            if self._picture is not None:
                jpeg = self.display(self._picture.picture)
                yield encode_picture(jpeg, "jpeg", quality=_JPEG_QUALITY)
            elif not self.live.ended:
                yield b""
            if self.live.ended and latest is None:
                return

    def render_png(self) -> tuple[str, bytes]:
        """Name and content of a PNG file of the picture that is shown.

        The name says the recording, and the picture's last frame and method.

        Raises:
            OptionError: there is none yet.
        """
        picture = self._picture
        if picture is None:
            raise OptionError("no picture has come yet; save it when one is shown")
        stem = re.sub(r"[^\w.-]+", "-", PurePath(self.live.feed.name).stem)
        name = f"{stem}-{picture.frame_count - 1:06d}-{picture.method}.png"
        return name, encode_png(self.display(picture.picture))

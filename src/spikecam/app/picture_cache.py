"""The last pictures of a recording, so that values are read and shown without new work."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from concurrent.futures import Future

from spikecam.app.frame_view import ViewSettings, reconstruct_frame
from spikecam.picture import Picture
from spikecam.stream import SpikeStream

_CAPACITY_BYTES = 1 << 28
_CAPACITY_PICTURES = 16


class PictureCache:
    """Reconstructed pictures of the last frames that were shown, before their display mapping.

    Threads that ask for one picture at the same time share its computation. It holds at most 16
    pictures and 256 MiB, and always the last one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: OrderedDict[Hashable, Future[Picture]] = OrderedDict()

    def reconstruct(self, stream: SpikeStream, frame_index: int, settings: ViewSettings) -> Picture:
        """The picture of `reconstruct_frame`, with its errors; not to be written to."""
        key = (stream, frame_index, settings.method, tuple(sorted(settings.options.items())))
        with self._lock:
            future = self._pictures.get(key)
            is_new = future is None
            if future is None:
                future = self._pictures[key] = Future()
            self._pictures.move_to_end(key)
        if is_new:
            try:
                future.set_result(reconstruct_frame(stream, frame_index, settings))
            except BaseException as error:
                future.set_exception(error)
                with self._lock:
                    self._pictures.pop(key, None)
            self._drop_oldest()
        return future.result()

    def clear(self) -> None:
        """Drop all pictures."""
        with self._lock:
            self._pictures.clear()

    def _drop_oldest(self) -> None:
        with self._lock:
            sizes = [
                future.result().nbytes if future.done() and not future.exception() else 0
                for future in self._pictures.values()
            ]
            while len(sizes) > 1 and (
                len(sizes) > _CAPACITY_PICTURES or sum(sizes) > _CAPACITY_BYTES
            ):
                self._pictures.popitem(last=False)
                sizes.pop(0)

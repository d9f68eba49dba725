"""Pictures of a recording as an array that a viewer slices, made as they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture
from spikecam.pixel_index import read_pixels
from spikecam.reconstruction.method_choice import EVERY_FRAME, resolve_method
from spikecam.reconstruction.reconstruct import all_frames, reconstruct
from spikecam.stream import SpikeStream

_CACHE_BYTES = 256 << 20
# The longest wait for a picture, so that fast methods show no blank before it.
_WAIT_SECONDS = 0.05


class LazyPictures:
    """Pictures of a method as an array (F, H, W), float32 in [0, 1]; slices of it are computed.

    Attributes:
        frames: frames of the recording of which there are pictures, all whose window fits.

    Args:
        stream: the recording.
        method: name of a method that takes spikes alone, or "auto".
        options: of the method.

    Raises:
        OptionError: an unknown method or option.
        RangeError: the window is longer than the recording.
    """

    ndim = 3
    dtype = np.dtype(np.float32)

    def __init__(self, stream: SpikeStream, method: str, **options: Any) -> None:
        self._stream = stream
        self._method, self._options, _ = resolve_method(stream, method, options, EVERY_FRAME)
        self.frames = all_frames(stream, self._method, **self._options)
        self.shape = (len(self.frames), stream.height, stream.width)

    @property
    def size(self) -> int:
        """Number of pixels of all pictures."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> npt.NDArray[Any]:
        return self._index(self._read, index)

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError("pictures that are yet to be made are no array without a copy")
        pictures = self._index(self._make, slice(None))
        return pictures if dtype is None else pictures.astype(dtype, copy=False)

    def _index(self, read: Callable[[int, int], Any], index: Any) -> npt.NDArray[Any]:
        axes = index if isinstance(index, tuple) else (index,)
        time, rows, columns = (*axes, slice(None), slice(None))[:3]
        none = np.empty((0, *self.shape[1:]), np.float32)

        def read_some(start: int, stop: int) -> npt.NDArray[Any]:
            return read(start, stop) if start < stop else none

        return read_pixels(read_some, self.shape, (time, rows, columns))

    def _read(self, start: int, stop: int) -> Picture:
        """Pictures [start, stop), as they are sliced."""
        return self._make(start, stop)

    def _make(self, start: int, stop: int) -> Picture:
        """Make pictures [start, stop), at least one."""
        frames = self.frames[start:stop]
        return reconstruct(self._stream, method=self._method, frames=frames, **self._options)


class BackgroundPictures(LazyPictures):
    """Lazy pictures for a viewer that must not wait: NaN until a thread has made a picture.

    What is asked for last is made first, and what was asked for before is left out. As many as
    fit into 256 MB are held. ``numpy.asarray`` of it waits, and has no NaN.

    Args:
        stream, method, options: as of `LazyPictures`.
        on_picture: called in the thread after each picture.
        on_error: called in the thread with what a picture failed with; it stays NaN.
    """

    def __init__(
        self,
        stream: SpikeStream,
        method: str,
        *,
        on_picture: Callable[[], None],
        on_error: Callable[[Exception], None],
        **options: Any,
    ) -> None:
        super().__init__(stream, method, **options)
        self._on_picture, self._on_error = on_picture, on_error
        self._blank = np.full(self.shape[1:], np.nan, np.float32)
        self._capacity = max(8, _CACHE_BYTES // max(1, self._blank.nbytes))
        self._held: OrderedDict[int, Picture] = OrderedDict()
        self._waiting: list[int] = []
        self._is_running = False
        self._changed = threading.Condition()

    def _read(self, start: int, stop: int) -> Picture:
        wanted = range(start, stop)
        with self._changed:
            missing = [place for place in wanted if place not in self._held]
            # No more than can be held, or they would be made again and again.
            self._waiting = missing[: max(0, self._capacity - len(wanted) + len(missing))]
            if self._waiting and not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run).start()
            if len(wanted) == 1:
                self._changed.wait_for(lambda: start in self._held, _WAIT_SECONDS)
            return np.stack([self._held.get(place, self._blank) for place in wanted])

    def _run(self) -> None:
        """Make what is waiting, until nothing is or the program ends."""
        while True:
            with self._changed:
                self._is_running = bool(self._waiting) and threading.main_thread().is_alive()
                if not self._is_running:
                    return
                place = self._waiting.pop(0)
            picture = self._try_to_make(place)
            with self._changed:
                self._held[place] = picture
                if len(self._held) > self._capacity:
                    self._held.popitem(last=False)
                self._changed.notify_all()
            self._on_picture()

    def _try_to_make(self, place: int) -> Picture:
        try:
            picture: Picture = self._make(place, place + 1)[0]
            return picture
        # Whatever a method of another package raises, the thread goes on.
        except Exception as error:
            self._on_error(error)
            return self._blank

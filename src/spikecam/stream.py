"""SpikeStream: a recording as packed bits with its geometry and rate, of any length."""

from __future__ import annotations

import copy
import operator
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.orientation import Flip, Orientation
from spikecam.oriented_frames import OrientedFrames
from spikecam.pixel_index import PixelIndex, index_to_box, read_pixels, slice_to_span
from spikecam.recording_html import recording_html
from spikecam.resources import check_memory

Span = tuple[int, int]
Item = TypeVar("Item")
# Wraps the steps of long work, the way `rich.progress.track` does.
Progress = Callable[[Sequence[Item]], Iterable[Item]]

_NO_NAME = "the recording"
_BLOCK_BYTES = 16 << 20


class SpikeStream:
    """A spike recording: T frames of H x W pixels, one bit each, packed eight to a byte.

    Nothing is read or unpacked until it is asked for, and then only the frames asked for. A
    slice along time is a view of the same store; an integer index gives one frame (H, W) of 0/1.
    ``numpy.asarray(stream)`` and ``torch.as_tensor(stream)`` unpack everything;
    ``dask.array.from_array(stream)`` unpacks a chunk when it is computed. Slices keep to the
    recording: unlike a list, a stream refuses a slice that ends past its last frame.

    Attributes:
        sensor_shape: height and width of a frame before it was flipped, rotated or cropped.
        orientations: what was done to the frames since, in order.

    Args:
        packed: frames in the ``.dat`` layout of `spikecam.bits`, shape (T, frame_bytes).
        shape: height and width of a frame in pixels.
        rate: frames per second (Hz) where it is known.
        row_width: stored columns of a row where they are more than the width.
        exposure: frames (start, stop) during which the accompanying photograph was exposed.

    Raises:
        GeometryError: the store's frames do not have the bytes that the geometry asks for.

    >>> spikes = SpikeStream.from_array(np.eye(4, dtype=np.uint8)[:, None, :], rate=20_000)
    >>> spikes
    SpikeStream(T=4, 1x4, 20000 Hz)
    >>> spikes[1:3].shape, spikes.count().tolist()
    ((2, 1, 4), [[1, 1, 1, 1]])
    """

    def __init__(
        self,
        packed: bits.FrameStore,
        shape: tuple[int, int],
        *,
        rate: float | None = None,
        row_width: int | None = None,
        exposure: Span | None = None,
    ) -> None:
        height, width = shape
        self.height, self.width = int(height), int(width)
        self.row_width = int(row_width or width)
        self.rate = None if rate is None else check_rate(rate)
        needed = bits.frame_bytes(self.height, self.row_width)
        frame = f"a frame of {width}x{height} pixels"
        if self.height < 1 or self.width < 1 or self.row_width < self.width:
            raise GeometryError(
                f"{frame} in rows of {self.row_width} cannot be: "
                "height and width must be at least 1, stored rows at least as wide as the picture"
            )
        # A picture of it, and sums over frames, are floats or integers of up to 8 bytes a pixel.
        check_memory(8 * self.height * self.row_width, frame, "choose a smaller size")
        if len(packed.shape) != 2 or packed.shape[1] != needed:
            raise GeometryError(
                f"packed frames of {width}x{height} pixels need the shape (frames, {needed}), "
                f"not {tuple(packed.shape)}"
            )
        if getattr(packed, "dtype", np.uint8) != np.uint8:
            raise OptionError(f"packed frames are bytes (uint8), not {packed.dtype}")  # type: ignore[attr-defined]
        self._packed = packed
        self._name = _NO_NAME
        self.sensor_shape = (self.height, self.width)
        self.orientations: tuple[Orientation, ...] = ()
        self._start, self._stop = 0, int(packed.shape[0])
        self.exposure = None if exposure is None else self.check_exposure(exposure)

    @classmethod
    def from_array(cls, frames: npt.ArrayLike, *, rate: float | None = None) -> SpikeStream:
        """Pack an array of frames (T, H, W) of 0/1 into a recording.

        Any number type will do, or booleans.

        Raises:
            OptionError: another number of axes, or values other than 0 and 1.
        """
        array = np.asarray(frames)
        if array.ndim != 3 or 0 in array.shape[1:]:
            raise OptionError(f"spikes are an array (frames, height, width), not {array.shape}")
        if array.dtype != np.bool_ and not np.all((array == 0) | (array == 1)):
            raise OptionError("spikes are 0 or 1, and this array holds other values")
        packed = bits.pack(array.astype(np.uint8, copy=False))
        return cls(packed, array.shape[1:], rate=rate)

    def __len__(self) -> int:
        return self._stop - self._start

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (T, H, W) of the unpacked frames."""
        return len(self), self.height, self.width

    @property
    def duration(self) -> float | None:
        """Seconds from the first frame to the end of the last. None where the rate is not known."""
        return None if self.rate is None else len(self) / self.rate

    @property
    def ndim(self) -> int:
        """Number of axes, 3."""
        return 3

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """Type of the spikes when they are unpacked, a byte each."""
        return np.dtype(np.uint8)

    @property
    def size(self) -> int:
        """Number of pixels in all frames together, T x H x W."""
        return len(self) * self.height * self.width

    @property
    def nbytes(self) -> int:
        """Bytes of the packed frames."""
        return len(self) * int(self._packed.shape[1])

    def __repr__(self) -> str:
        name = "" if self._name == _NO_NAME else f"{os.path.basename(self._name)!r}, "
        rate = "" if self.rate is None else f", {self.rate:g} Hz"
        return f"SpikeStream({name}T={len(self)}, {self.height}x{self.width}{rate})"

    def _repr_html_(self) -> str:
        """HTML with the picture of the middle and the recording's facts, for notebooks."""
        facts = {
            "recording": os.path.basename(self._name),
            "frames": f"{len(self):,}",
            "width x height": f"{self.width} x {self.height}",
            "rate": "unknown" if self.rate is None else f"{self.rate:g} Hz",
            "exposure": "unknown" if self.exposure is None else "{}:{}".format(*self.exposure),
            "packed": f"{self.nbytes / 1e6:,.1f} MB",
        }
        # A recording that cannot be read, or has no frames, is still described.
        with suppress(Exception):
            return recording_html(facts, self._middle_rate())
        return recording_html(facts, None)

    def _middle_rate(self) -> npt.NDArray[np.floating[Any]]:
        """Firing rate (H, W) of frames in the middle, more of them in little light."""
        middle = len(self) // 2
        for half in (20, 100):
            start, stop = max(0, middle - half), min(len(self), middle + half + 1)
            counts = self.count(start, stop)
            if counts.mean() >= 4:
                break
        return counts / (stop - start)

    def __iter__(self) -> Iterator[npt.NDArray[np.uint8]]:
        for start, stop in self.block_spans():
            yield from self.read(start, stop)

    @overload
    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, index: slice | tuple[slice, slice, slice]) -> SpikeStream: ...
    @overload
    def __getitem__(self, index: PixelIndex) -> npt.NDArray[np.uint8] | SpikeStream: ...
    def __getitem__(self, index: int | slice | PixelIndex) -> npt.NDArray[np.uint8] | SpikeStream:
        if isinstance(index, tuple):
            box = index_to_box(index, self.shape)
            if box is None:
                return read_pixels(self.read, self.shape, index)
            return self[slice(*box[0])].crop(box[1], box[2])
        if not isinstance(index, slice):
            frame = operator.index(index)
            frame += len(self) if frame < 0 else 0
            self._check_span(frame, frame + 1)
            one: npt.NDArray[np.uint8] = self.read(frame, frame + 1)[0]
            return one
        if index.step not in (None, 1):
            raise OptionError(
                "a stream has no step: leaving frames out would lose spikes; "
                "pick frames when reconstructing instead"
            )
        start, stop = slice_to_span(index, len(self))
        self._check_span(start, stop)
        view = copy.copy(self)
        view._start, view._stop = self._start + start, self._start + stop
        view.exposure = None
        if self.exposure is not None and start <= self.exposure[0] and self.exposure[1] <= stop:
            view.exposure = (self.exposure[0] - start, self.exposure[1] - start)
        return view

    def orient(self, orientation: Orientation) -> SpikeStream:
        """Orient the frames: flip, then rotate, then crop them; rate and exposure are kept.

        A view: frames are read from the same store, and packed again when they are used.

        Raises:
            RangeError: the crop is empty or leaves the frame.
        """
        if orientation.is_identity:
            return self
        shape = orientation.oriented_shape((self.height, self.width), self._name)
        store = OrientedFrames(self.read, self.shape, orientation)
        view = SpikeStream(store, shape, rate=self.rate, exposure=self.exposure)
        view.sensor_shape, view.orientations = self.sensor_shape, (*self.orientations, orientation)
        view._name = self._name
        return view

    def flip(self, direction: Flip) -> SpikeStream:
        """Flip the frames: "vertical" turns the order of rows, "horizontal" of columns, or "both".

        A view, as of `orient`. Raises OptionError for another word.

        >>> SpikeStream.from_array([[[1, 0], [0, 0]]]).flip("vertical")[0].tolist()
        [[0, 0], [1, 0]]
        """
        return self.orient(Orientation(flip=direction))

    def rotate(self, degrees: int) -> SpikeStream:
        """Rotate the frames clockwise by 90, 180 or 270 degrees.

        A view, as of `orient`. Raises OptionError for another angle.

        >>> SpikeStream.from_array([[[1, 0], [0, 0]]]).rotate(90)[0].tolist()
        [[0, 1], [0, 0]]
        """
        return self.orient(Orientation(rotate=degrees))

    def crop(self, rows: Span, columns: Span) -> SpikeStream:
        """Crop the recording to rows and columns [start, stop), counted from the top left.

        A view, as of `orient`. Raises RangeError for an empty span, or one that leaves the frame.

        >>> spikes = SpikeStream.from_array(np.ones((5, 40, 60), np.uint8))
        >>> spikes.crop((10, 30), (0, 8)).shape, spikes[1:3, 10:30, :8].shape
        ((5, 20, 8), (2, 20, 8))
        """
        return self.orient(Orientation(crop=(rows, columns)))

    def with_name(self, name: str) -> SpikeStream:
        """The same recording under another name, by which error messages call it."""
        view = copy.copy(self)
        view._name = name
        return view

    def with_rate(self, rate: float) -> SpikeStream:
        """The same recording with another rate in frames per second."""
        view = copy.copy(self)
        view.rate = check_rate(rate)
        return view

    def __array__(
        self,
        dtype: npt.DTypeLike | None = None,
        copy: bool | None = None,
    ) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError("a packed stream cannot become an array without a copy")
        frames = np.ascontiguousarray(self.read())
        return frames if dtype is None else frames.astype(dtype, copy=False)

    def __dlpack__(self, **options: Any) -> Any:
        return np.asarray(self).__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return np.empty(0, np.uint8).__dlpack_device__()

    def packed(self, start: int = 0, stop: int | None = None) -> npt.NDArray[np.uint8]:
        """Frames [start, stop) as stored, (stop - start, frame_bytes)."""
        stop = len(self) if stop is None else stop
        self._check_span(start, stop)
        return self._packed[self._start + start : self._start + stop]

    def read(self, start: int = 0, stop: int | None = None) -> npt.NDArray[np.uint8]:
        """Frames [start, stop) unpacked to 0/1, uint8 (stop - start, H, W), upright.

        A view whose rows run backwards in memory, as they are stored; ``numpy.asarray(stream)``
        gives them in order, for libraries that insist on it.
        """
        packed = self.packed(start, stop)
        return bits.unpack(packed, self.height, self.width, self.row_width)

    def packed_rows(self, start: int = 0, stop: int | None = None) -> npt.NDArray[np.uint8]:
        """Frames [start, stop) still packed, but upright with each row in whole bytes.

        Shape (stop - start, H, ceil(W / 8)), least significant bit first, bits past the width 0:
        what compiled loops read.
        """
        packed = self.packed(start, stop)
        return bits.repack_to_rows(packed, self.height, self.width, self.row_width)

    def block_spans(self, block_bytes: int = _BLOCK_BYTES) -> list[Span]:
        """Spans (start, stop) of consecutive blocks that cover the stream."""
        step = max(1, block_bytes // self._packed.shape[1])
        return [(a, min(a + step, len(self))) for a in range(0, len(self), step)]

    def count(
        self, start: int = 0, stop: int | None = None, *, progress: Progress[Span] = iter
    ) -> npt.NDArray[np.int64]:
        """Count the spikes of every pixel in frames [start, stop), int64 (H, W).

        ``progress`` wraps the list of spans that are read one after another.
        """
        # It loads the compiler, which most uses of a recording do without.
        from spikecam.spike_counts import SpikeCounter

        stop = len(self) if stop is None else stop
        self._check_span(start, stop)
        window = self[start:stop]
        counter = SpikeCounter(self._packed.shape[1], len(window))
        for a, b in progress(window.block_spans()):
            counter.add(window.packed(a, b))
        picture = counter.picture(self.height, self.width, self.row_width)
        return picture.astype(np.int64, order="C")

    def window(self, frame: int, length: int) -> Span:
        """Span (start, stop) of the window of odd ``length`` around ``frame``.

        Raises:
            OptionError: the length is even or below 1.
            RangeError: the window leaves the recording; says which frames are allowed.
        """
        if not all(isinstance(n, (int, np.integer)) for n in (frame, length)):
            raise OptionError(f"frames and windows are whole numbers, not {frame!r} and {length!r}")
        if not len(self):
            raise RangeError(f"{self._name} has no frames")
        if length < 1 or length % 2 == 0:
            raise OptionError(f"a window is an odd number of frames, at least 1, not {length}")
        half = length // 2
        if half <= frame < len(self) - half:
            return frame - half, frame + half + 1
        if length > len(self):
            raise RangeError(
                f"a window of {length} frames is longer than {self._name} of {len(self)}; "
                f"choose a smaller window, at most {(len(self) - 1) // 2 * 2 + 1}"
            )
        needs = "" if length == 1 else f" with a window of {length}"
        raise RangeError(
            f"frame {frame}{needs} leaves {self._name} of {len(self)} frames; "
            f"choose a frame from {half} to {len(self) - half - 1}"
            + ("" if length == 1 else ", or a smaller window")
        )

    def check_exposure(self, exposure: Span) -> Span:
        """Refuse an exposure that is no span of this recording; return it as (start, stop).

        Raises:
            RangeError: it is not.
        """
        try:
            start, stop = map(operator.index, exposure)
        except (TypeError, ValueError) as error:
            raise RangeError(f"an exposure is (start, stop) in frames, not {exposure!r}") from error
        if 0 <= start < stop <= len(self):
            return start, stop
        raise RangeError(
            f"the exposure {start}:{stop} is not inside {self._name}, whose frames are "
            f"0:{len(self)}"
        )

    def _check_span(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= len(self):
            raise RangeError(
                f"frames {start}:{stop} leave {self._name}, whose frames are 0:{len(self)}"
            )


def check_rate(rate: float) -> float:
    """Refuse a rate that is no positive number of frames per second; return it as float.

    Raises:
        OptionError: it is not.
    """
    if not isinstance(rate, (int, float, np.number)) or not 0 < rate < float("inf"):
        raise OptionError(f"a rate must be a positive number of frames per second, not {rate}")
    return float(rate)

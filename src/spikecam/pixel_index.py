"""Indices of three axes, frames, rows and columns: boxes of a recording, and single pixels."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError

Span = tuple[int, int]
PixelIndex = tuple[int | slice, int | slice, int | slice]
_BLOCK_PIXELS = 128 << 20


def index_to_box(index: PixelIndex, shape: tuple[int, int, int]) -> list[Span] | None:
    """Convert an index to its spans of frames, rows and columns. None where it is not a box.

    A box is what slices without steps cut out.

    Raises:
        OptionError: not three slices or whole numbers.
    """
    if len(index) != 3 or not all(isinstance(i, slice) or hasattr(i, "__index__") for i in index):
        raise OptionError(
            "a stream is cut by slices of frames, rows and columns, [a:b, c:d, e:f], which make a "
            "stream; with whole numbers or steps among them they make an array"
        )
    slices = [i for i in index if isinstance(i, slice) and i.step in (None, 1)]
    return list(map(slice_to_span, slices, shape)) if len(slices) == 3 else None


def slice_to_span(axis_slice: slice, axis_length: int) -> Span:
    """Convert a slice of an axis to a span. Negative ends count from its end."""
    ends = (axis_slice.start or 0, axis_length if axis_slice.stop is None else axis_slice.stop)
    start, stop = (operator.index(end) + (axis_length if end < 0 else 0) for end in ends)
    return start, stop


def read_pixels(
    read: Callable[[int, int], npt.NDArray[np.uint8]],
    shape: tuple[int, int, int],
    index: PixelIndex,
) -> npt.NDArray[np.uint8]:
    """Read pixels as NumPy indexes the array of all frames, a block of frames at a time.

    Args:
        read: gives frames [start, stop).
        shape: (T, H, W) of all frames.
        index: of frames, rows and columns.
    """
    time, rows, columns = index
    if not isinstance(time, slice):
        frame = operator.index(time)
        frame += shape[0] if frame < 0 else 0
        one: npt.NDArray[np.uint8] = read(frame, frame + 1)[0][rows, columns].copy()
        return one
    frames = range(shape[0])[time]
    reverse = frames.step < 0
    ascending = frames[::-1] if reverse else frames
    per_block = max(1, _BLOCK_PIXELS // (shape[1] * shape[2] * ascending.step))
    parts = [read(0, 0)[:, rows, columns]]
    for start in range(0, len(ascending), per_block):
        block = ascending[start : start + per_block]
        picked = read(block[0], block[-1] + 1)[:: block.step, rows, columns]
        parts.append(picked.copy())  # a view would keep the memory of whole frames
    return np.concatenate(parts)[:: -1 if reverse else 1]

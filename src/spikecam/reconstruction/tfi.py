"""TFI, texture from interval: one spike an interval, so brightness is the inverse interval.

    P(t) = 1 / (n - p),    p = the last spike at or before t, n = the first spike after t

(Zhu et al., ICME 2019; SpikeGen Eq. 3 with V_th = 1, written there with the time since the last
spike; the field's code and this one use the interval that encloses t.)

Both spikes are searched for within ``reach`` frames of t. Where there is none on a side, the
interval is cut off just outside the reach: the value is then the brightest that the silence
allows. Before the first spike of a recording and after its last one, where the enclosing interval
is not all seen, the nearest interval is taken to repeat itself, but never so that a spike would
have been seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.picture import Picture
from spikecam.rows import over_rows, pick, picture_blocks
from spikecam.stream import SpikeStream

Frames = npt.NDArray[np.int32]

REACH = 256

_PART_BYTES = 1 << 20


def tfi(
    stream: SpikeStream, frames: range, *, reach: int = REACH, fpn: FixedPattern | None = None
) -> Iterator[Picture]:
    """Reconstruct ``frames`` by TFI, in one pass that looks ``reach`` frames ahead.

    Args:
        stream: the recording.
        frames: frame numbers, rising.
        reach: frames on each side within which a spike is searched for.
        fpn: the camera's fixed pattern, corrected in each interval.

    Returns:
        Iterator over inverse intervals, firing rates in (0, 1], float32 (H, W).

    Raises:
        OptionError: a reach below 1.
        RangeError: a frame lies outside the recording.
    """
    if reach < 1:
        raise OptionError(f"TFI reaches at least 1 frame to each side, not {reach}")
    reach = min(reach, len(stream))
    for frame in (frames[0], frames[-1]):
        stream.window(frame, 1)
    pictures = pick(partial(_run, stream, reach=reach), frames, alone=64)
    if fpn is None:
        return pictures
    fpn.check_shape(stream.shape[1:])
    return map(fpn.correct, pictures)


def _run(stream: SpikeStream, first: int, last: int, reach: int) -> Iterator[Picture]:
    previous = _before(stream, first, reach)
    start = first
    # Looking ahead costs the same for one picture as for many.
    for pictures in picture_blocks(first, last, stream.shape, at_least=4):
        stop = start + len(pictures)
        following = _after(stream, stop, reach) + np.int32(len(pictures))
        rows = stream.rows(start, stop)
        over_rows(_intervals, stream.height, rows, reach, previous, following, pictures)
        yield from pictures
        start = stop


def last_spikes(stream: SpikeStream, edge: int, reach: int) -> Frames:
    """The last spike before frame ``edge``, numbered from it, int32 (H, W).

    Where there is none within reach it is what bounds the interval instead (see above).
    """
    return _before(stream, edge, reach)[:, : stream.width]


def _before(stream: SpikeStream, edge: int, reach: int) -> Frames:
    """Last spike before ``edge``, numbered from it, or what bounds the interval: below 0."""
    start = max(0, edge - reach)
    spikes: Frames = _find(stream, start, edge, backward=True)[0]
    if (spikes >= 0).all():
        return -1 - spikes
    unseen: Frames | int = reach
    if start == 0:
        unseen = edge + _repeated(_find(stream, 0, min(reach, len(stream)), wanted=2))
    seen = np.where(spikes < 0, unseen, spikes).astype(np.int32)
    return -1 - seen


def _after(stream: SpikeStream, edge: int, reach: int) -> Frames:
    """First spike from ``edge`` on, numbered from it, or what bounds the interval."""
    length = len(stream)
    spikes: Frames = _find(stream, edge, min(edge + reach, length))[0]
    if (spikes >= 0).all():
        return spikes
    unseen: Frames | int = reach
    if edge + reach >= length:
        from_end = _find(stream, max(0, length - reach), length, wanted=2, backward=True)
        unseen = length - edge + _repeated(from_end)
    return np.where(spikes < 0, unseen, spikes).astype(np.int32)


def _repeated(nearest: Frames) -> Frames:
    """How far outside the recording the spike before its first one is taken to be.

    ``nearest`` are the two spikes of every pixel that are nearest to the recording's edge, counted
    from it. Their interval is repeated; 0 is just outside, also where there are not two.
    """
    first, second = nearest
    return np.where(second < 0, 0, np.maximum(second - 2 * first - 1, 0)).astype(np.int32)


def _find(
    stream: SpikeStream, start: int, stop: int, *, wanted: int = 1, backward: bool = False
) -> Frames:
    """The first ``wanted`` spikes of every pixel in frames [start, stop), from either end.

    Returns how many frames after ``start``, or before ``stop - 1``, each spike is, -1 for none;
    shape (wanted, H, 8 * row bytes), where columns past the width count as found.
    """
    _, height, width = stream.shape
    found = np.full((wanted, height, (width + 7) // 8 * 8), -1, np.int32)
    found[:, :, width:] = 0
    # A part at a time: most pixels are found soon.
    parts = stream[start:stop].blocks(_PART_BYTES)
    for a, b in reversed(parts) if backward else parts:
        rows = stream.rows(start + a, start + b)
        seen = stop - start - b if backward else a
        over_rows(_scan, height, rows[::-1] if backward else rows, seen, found)
        if (found[-1] >= 0).all():
            break
    return found


@njit(nogil=True, cache=True, error_model="numpy")
def _scan(rows, seen, found, first_row, last_row):  # type: ignore[no-untyped-def]
    wanted, _, columns = found.shape
    open_bits = np.empty(columns // 8, np.uint8)
    for row in range(first_row, last_row):
        left = 0
        open_bits[:] = 0
        for column in range(columns):
            if found[wanted - 1, row, column] < 0:
                open_bits[column // 8] |= 1 << column % 8
                left += 1
        for i in range(len(rows)):
            if left == 0:
                break
            for k in range(len(open_bits)):
                spikes = rows[i, row, k] & open_bits[k]
                bit = 0
                while spikes:
                    if spikes & 1:
                        column = 8 * k + bit
                        nth = 0
                        while found[nth, row, column] >= 0:
                            nth += 1
                        found[nth, row, column] = seen + i
                        if nth == wanted - 1:
                            open_bits[k] ^= 1 << bit
                            left -= 1
                    spikes >>= 1
                    bit += 1


@njit(nogil=True, cache=True, error_model="numpy")
def _intervals(rows, reach, previous, following, pictures, first_row, last_row):  # type: ignore[no-untyped-def]
    frames, _, width = pictures.shape
    columns = previous.shape[1]
    ends = np.empty((frames, columns), np.int32)
    fired = np.empty(columns, np.uint8)
    for row in range(first_row, last_row):
        end = following[row]
        for i in range(frames - 1, -1, -1):
            ends[i] = end
            for k in range(columns // 8):
                for bit in range(8):
                    fired[8 * k + bit] = (rows[i, row, k] >> bit) & 1
            for column in range(columns):
                end[column] = np.int32(i) if fired[column] else end[column]
        begin = previous[row]
        for i in range(frames):
            for k in range(columns // 8):
                for bit in range(8):
                    fired[8 * k + bit] = (rows[i, row, k] >> bit) & 1
            picture = pictures[i, row]
            earliest, latest = np.int32(i - reach - 1), np.int32(i + reach + 1)
            for column in range(columns):
                begin[column] = np.int32(i) if fired[column] else begin[column]
            for column in range(width):
                interval = min(ends[i, column], latest) - max(begin[column], earliest)
                picture[column] = np.float32(1) / np.float32(interval)
        for column in range(columns):
            begin[column] = max(begin[column] - frames, -reach - 1)

"""TFI, texture from interval: one spike an interval, so brightness is the inverse interval.

    P(t) = 1 / (n - p),    p = the last spike at or before t, n = the first spike after t

(Zhu et al., ICME 2019; SpikeGen Eq. 3 with V_th = 1, written there with the time since the last
spike; the field's code and this one use the interval that encloses t.)

Both spikes are searched for within ``reach`` frames of t. Where there is none on a side, the
interval is cut off just outside the reach: the value is then the brightest that the silence
allows. Before the first spike of a recording and after its last one, where the enclosing interval
is not all seen, the nearest interval is taken to repeat itself, but never so that a spike would
have been seen.

With a window of n frames the picture is the mean of P over them: less grain, and more blur where
something moves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from spikecam import bits
from spikecam.errors import OptionError
from spikecam.fixed_pattern import FixedPattern
from spikecam.method import Method, Takes
from spikecam.picture import Picture
from spikecam.reconstruction.interval_pictures import (
    find_block_ends,
    frame_number_type,
    write_inverse_intervals,
)
from spikecam.reconstruction.intervals import interval_end_offsets, interval_start_offsets
from spikecam.reconstruction.membrane_kernels import REACH_FRAMES
from spikecam.rows import iter_empty_picture_blocks, iter_selected_pictures
from spikecam.stream import SpikeStream

# Bytes of the spikes, and most frames, of a run that is passed backward. What lies behind it is
# searched once, which costs as much as some twenty pictures.
_RUN_BYTES, _MOST_RUN_FRAMES = 16 << 20, 512


@dataclass(frozen=True)
class TfiOptions:
    """Options of TFI.

    Attributes:
        window: odd number of frames, centred on the frame, over which pictures are averaged; 1
            takes the interval of the frame alone.
        reach: frames on each side within which a spike is searched for.
        fpn: fixed pattern of the camera, corrected in each interval.
    """

    window: int = 1
    reach: int = REACH_FRAMES
    fpn: FixedPattern | None = None

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise OptionError(f"TFI reaches at least 1 frame to each side, not {self.reach}")


def tfi(stream: SpikeStream, frames: Sequence[int], options: TfiOptions) -> Iterator[Picture]:
    """Reconstruct ``frames`` by TFI.

    It is one pass that looks ``reach`` frames ahead.

    Args:
        stream: the recording.
        frames: frame indices.
        options: window, reach and fixed pattern.

    Returns:
        Iterator over inverse intervals, firing rates in (0, 1], float32 (H, W).

    Raises:
        RangeError: a window leaves the recording.
    """
    reach, window = min(options.reach, len(stream)), options.window
    for frame in (min(frames), max(frames)):
        stream.window(frame, window)

    def pictures_of_span(first: int, last: int) -> Iterator[Picture]:
        half = window // 2
        pictures = _run(stream, first - half, last + half, reach=reach)
        if options.fpn is not None:
            pictures = map(options.fpn.correct, pictures)
        return pictures if window == 1 else _iter_means(pictures, window)

    return iter_selected_pictures(pictures_of_span, frames, single_frame_cost=64)


def _iter_means(pictures: Iterator[Picture], window: int) -> Iterator[Picture]:
    """Yield the mean of each run of ``window`` pictures."""
    run: deque[Picture] = deque(islice(pictures, window))
    # In double precision nothing of a picture that has left stays in the sum.
    total = np.sum(run, axis=0, dtype=np.float64)
    yield np.asarray(total / window, np.float32)
    for picture in pictures:
        total += picture
        total -= run.popleft()
        run.append(picture)
        yield np.asarray(total / window, np.float32)


def _run(stream: SpikeStream, first: int, last: int, reach: int) -> Iterator[Picture]:
    _, height, width = stream.shape
    run_frames = max(1, min(_MOST_RUN_FRAMES, _RUN_BYTES // bits.frame_bytes(height, width)))
    kind = frame_number_type(run_frames, reach)
    begins = np.maximum(interval_start_offsets(stream, first, reach), -reach - 1).astype(kind)
    for start in range(first, last, run_frames):
        stop = min(start + run_frames, last)
        # First, so that a recording that is far away is read in order.
        rows = stream.packed_rows(start, stop)
        # Beyond the reach it makes no difference where the spike is.
        following = np.minimum(interval_end_offsets(stream, stop, reach), reach + 1)
        following += np.int32(stop - start)
        done, ends = 0, None
        for pictures in iter_empty_picture_blocks(start, stop, stream.shape, min_frames=4):
            if ends is None:
                ends = iter(find_block_ends(rows, len(pictures), following.astype(kind)))
            block = rows[done : done + len(pictures)]
            write_inverse_intervals(block, done, reach, begins, next(ends), pictures)
            yield from pictures
            done += len(pictures)
        # Counted from the next run on.
        begins = np.maximum(begins - (stop - start), -reach - 1).astype(kind)


METHOD = Method(
    name="tfi",
    summary="inverse of the interval between two spikes: sharp, grainy where spikes are dense",
    takes=Takes.SPIKES,
    run=tfi,
    options=TfiOptions,
    source="Zhu et al., ICME 2019",
    window=lambda options, stream: options.window,
)

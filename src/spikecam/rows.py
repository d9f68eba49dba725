"""Run compiled loops over all rows of the picture, on every core, a block of frames at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from itertools import islice, pairwise
from typing import Any

import numpy as np

from spikecam.picture import Picture
from spikecam.resources import usable_cores

# Pictures are made in blocks about this large: small enough that a block and the one before it,
# whose memory is used again for the next, stay in the cache that cores share, large enough that a
# block outweighs the calls it takes.
_BLOCK_BYTES = 4 << 20


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(usable_cores(), thread_name_prefix="spikecam-rows")


if hasattr(os, "register_at_fork"):
    # Threads do not survive a fork; the child makes its own.
    os.register_at_fork(after_in_child=_pool.cache_clear)


def run_over_rows(kernel: Callable[..., None], height: int, *args: Any) -> None:
    """Run a kernel in parallel threads over spans of rows: ``kernel(*args, first, last)``.

    The kernel must release the interpreter lock and write to its own rows only. Without rows it is
    called once.
    """
    parts = max(1, min(usable_cores(), height))
    edges = [height * i // parts for i in range(parts + 1)]
    own, *others = pairwise(edges)
    jobs = [_pool().submit(kernel, *args, *span) for span in others]
    try:
        # One span is this thread's: waking another takes as long as a small picture.
        kernel(*args, *own)
    finally:
        # No thread writes any more when this returns, or raises.
        wait(jobs)
    for job in jobs:
        job.result()


def run_in_threads(function: Callable[[int], None], indices: range) -> None:
    """Call a function for every index in parallel threads."""
    for job in [_pool().submit(function, step) for step in indices]:
        job.result()


def iter_empty_picture_blocks(
    start: int, stop: int, shape: tuple[int, int, int], *, min_frames: int = 1
) -> Iterator[Picture]:
    """Yield empty arrays (n, H, W) for the pictures of frames [start, stop), block by block."""
    _, height, width = shape
    block = max(min_frames, _BLOCK_BYTES // (4 * height * width))
    for first in range(start, stop, block):
        yield np.empty((min(block, stop - first), height, width), np.float32)


def iter_selected_pictures(
    make_span_pictures: Callable[[int, int], Iterator[Picture]],
    frames: Sequence[int],
    *,
    single_frame_cost: float,
) -> Iterator[Picture]:
    """Yield the pictures of some frames, made in spans by a function.

    Args:
        make_span_pictures: gives the pictures of frames [start, stop), one after another.
        frames: frame indices; a new span begins where they do not rise.
        single_frame_cost: how many pictures on the way cost as much as one made by itself: a new
            span begins where frames are further apart.
    """
    breaks = [
        i for i, (a, b) in enumerate(pairwise(frames), 1) if not 0 < b - a <= single_frame_cost
    ]
    for first, last in pairwise([0, *breaks, len(frames)]):
        following = frames[first]
        pictures = make_span_pictures(following, frames[last - 1] + 1)
        for frame in frames[first:last]:
            yield from islice(pictures, frame - following, frame - following + 1)
            following = frame + 1

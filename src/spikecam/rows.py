"""Run compiled loops over all rows of the picture, on every core, a block of frames at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice, pairwise
from typing import Any

import numpy as np

from spikecam.picture import Picture
from spikecam.resources import usable_cores

# Pictures are made in blocks about this large: small enough that the memory of one that has been
# dropped is used again for the next, large enough that a block outweighs the calls it takes.
_BLOCK_BYTES = 16 << 20


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(usable_cores(), thread_name_prefix="spikecam-rows")


if hasattr(os, "register_at_fork"):
    # Threads do not survive a fork; the child makes its own.
    os.register_at_fork(after_in_child=_pool.cache_clear)


def over_rows(kernel: Callable[..., None], height: int, *args: Any) -> None:
    """Call ``kernel(*args, first, last)`` with row spans that cover [0, height), in parallel.

    The kernel must release the interpreter lock and write to its own rows only.
    """
    parts = min(usable_cores(), height)
    edges = [height * i // parts for i in range(parts + 1)]
    jobs = [_pool().submit(kernel, *args, a, b) for a, b in pairwise(edges)]
    for job in jobs:
        job.result()


def in_threads(function: Callable[[int], None], steps: range) -> None:
    """Call ``function(step)`` for every step, in parallel where it releases the lock."""
    for job in [_pool().submit(function, step) for step in steps]:
        job.result()


def picture_blocks(
    start: int, stop: int, shape: tuple[int, int, int], *, at_least: int = 1
) -> Iterator[Picture]:
    """Empty pictures (n, H, W) for frames [start, stop) of a stream of this shape, by blocks."""
    _, height, width = shape
    block = max(at_least, _BLOCK_BYTES // (4 * height * width))
    for first in range(start, stop, block):
        yield np.empty((min(block, stop - first), height, width), np.float32)


def select_frames(
    run: Callable[[int, int], Iterator[Picture]],
    frames: Sequence[int],
    *,
    single_frame_cost: float,
) -> Iterator[Picture]:
    """The pictures of ``frames`` from ``run(start, stop)``, which makes those of a whole span.

    Args:
        run: gives the pictures of frames [start, stop), one after another.
        frames: frame indices; a new span begins where they do not rise.
        single_frame_cost: how many pictures on the way cost as much as one made by itself: a new
            span begins where frames are further apart.
    """
    breaks = [
        i for i, (a, b) in enumerate(pairwise(frames), 1) if not 0 < b - a <= single_frame_cost
    ]
    for first, last in pairwise([0, *breaks, len(frames)]):
        following = frames[first]
        pictures = run(following, frames[last - 1] + 1)
        for frame in frames[first:last]:
            yield from islice(pictures, frame - following, frame - following + 1)
            following = frame + 1

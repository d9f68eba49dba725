"""Run compiled loops over all rows of the picture, on every core, a block of frames at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.float32]

# Pictures are made in blocks about this large: small enough that the memory of one that has been
# dropped is used again for the next, large enough that a block outweighs the calls it takes.
_BLOCK_BYTES = 16 << 20
# Frames further apart than this are cheaper to make one by one than on the way through all.
_FAR_APART = 16


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="spikecam-rows")


def over_rows(kernel: Callable[..., None], height: int, *args: Any) -> None:
    """Call ``kernel(*args, first, last)`` with row spans that cover [0, height), in parallel.

    The kernel must release the interpreter lock and write to its own rows only.
    """
    parts = min(os.cpu_count() or 1, height)
    edges = [height * i // parts for i in range(parts + 1)]
    jobs = [_pool().submit(kernel, *args, a, b) for a, b in pairwise(edges)]
    for job in jobs:
        job.result()


def picture_blocks(
    start: int, stop: int, shape: tuple[int, int, int], *, at_least: int = 1
) -> Iterator[Picture]:
    """Empty pictures (n, H, W) for frames [start, stop) of a stream of this shape, by blocks."""
    _, height, width = shape
    block = max(at_least, _BLOCK_BYTES // (4 * height * width))
    for first in range(start, stop, block):
        yield np.empty((min(block, stop - first), height, width), np.float32)


def pick(
    run: Callable[[int, int], Iterator[Picture]], frames: range, *, whole: bool = False
) -> Iterator[Picture]:
    """The pictures of ``frames`` from ``run(start, stop)``, which makes those of a whole span.

    ``whole`` says that a span costs the same wherever it starts, because all before it is needed.
    """
    if frames.step > _FAR_APART and not whole:
        for frame in frames:
            yield from run(frame, frame + 1)
    else:
        yield from islice(run(frames[0], frames[-1] + 1), 0, None, frames.step)

"""What the machine itself can do: how fast it copies memory, and multiplies matrices.

Each limit is a function to be timed in turns with what is held against it, and how much one call
does.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from spikecam.resources import usable_cores


class Limit(NamedTuple):
    """A limit of the machine.

    Attributes:
        name: "memory", or the kind of number that is multiplied.
        run: does ``amount`` of work.
        amount: bytes read and written, or additions and multiplications.
    """

    name: str
    run: Callable[[], Any]
    amount: float


def memory_limit(size: int) -> Limit:
    """Copying ``size`` bytes from one array to another, on every core."""
    cores = min(usable_cores(), size)
    source, target = np.ones(size, np.uint8), np.zeros(size, np.uint8)
    parts = list(zip(np.array_split(target, cores), np.array_split(source, cores), strict=True))

    def copy() -> None:
        with ThreadPoolExecutor(cores) as threads:
            for job in [threads.submit(np.copyto, *part) for part in parts]:
                job.result()

    return Limit("memory", copy, 2.0 * size)


def product_limit(side: int, device: str) -> Limit:
    """The product of two square matrices, in the numbers that networks compute in there."""
    import torch

    from spikecam.resources import has_fast_bfloat16

    kind = torch.bfloat16 if has_fast_bfloat16(torch.device(device)) else torch.float32
    return product_of(side, device, kind)


def product_of(side: int, device: str, kind: Any) -> Limit:
    """The product of two matrices of ``side`` x ``side`` of one torch type."""
    import torch

    one, other = (torch.rand(side, side, device=device, dtype=kind) for _ in range(2))

    def multiply() -> None:
        product = one @ other
        # A GPU is not done before something asks for the result.
        product[0, 0].item()

    return Limit(str(kind).removeprefix("torch."), multiply, 2.0 * side**3)

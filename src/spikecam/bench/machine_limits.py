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


class MachineLimit(NamedTuple):
    """A speed limit of the machine: work that is timed, and how much it is.

    Attributes:
        name: "memory", or the kind of number that is multiplied.
        run: does ``amount`` of work.
        amount: bytes read and written, or additions and multiplications.
    """

    name: str
    run: Callable[[], Any]
    amount: float


def memory_copy_limit(byte_count: int) -> MachineLimit:
    """Limit of memory: copying so many bytes from one array to another, on every core."""
    cores = min(usable_cores(), byte_count)
    source, target = np.ones(byte_count, np.uint8), np.zeros(byte_count, np.uint8)
    parts = list(zip(np.array_split(target, cores), np.array_split(source, cores), strict=True))

    def copy() -> None:
        with ThreadPoolExecutor(cores) as threads:
            for job in [threads.submit(np.copyto, *part) for part in parts]:
                job.result()

    return MachineLimit("memory", copy, 2.0 * byte_count)


def memory_read_limit(byte_count: int) -> MachineLimit:
    """Limit of memory: reading an array of so many bytes, on one core."""
    source = np.ones(byte_count // 8, np.uint64)
    return MachineLimit("memory", source.max, 8.0 * len(source))


def matrix_product_limit(side: int, device: str) -> MachineLimit:
    """Limit of computing: the product of square matrices, in the type that networks use there."""
    import torch

    from spikecam.resources import has_fast_bfloat16

    kind = torch.bfloat16 if has_fast_bfloat16(torch.device(device)) else torch.float32
    return matrix_product_limit_of_type(side, device, kind)


def matrix_product_limit_of_type(side: int, device: str, dtype: Any) -> MachineLimit:
    """Limit of computing: the product of two square matrices of a torch type."""
    import torch

    one, other = (torch.rand(side, side, device=device, dtype=dtype) for _ in range(2))

    def multiply() -> None:
        product = one @ other
        # A GPU is not done before something asks for the result.
        product[0, 0].item()

    return MachineLimit(str(dtype).removeprefix("torch."), multiply, 2.0 * side**3)

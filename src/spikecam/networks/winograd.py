"""Convolutions of 3x3 by Winograd's algorithm (Lavin and Gray 2016), faster on processors.

NNPACK, a part of PyTorch, makes 6x6 pixels of 8x8 with 64 products for every pair of channels,
where the sum itself takes 324. Its results differ from those by about 1e-5 of the largest value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

# With fewer pairs of channels the transforms take longer than they save.
_MIN_CHANNEL_PAIRS = 512


@contextmanager
def winograd_convolutions() -> Iterator[None]:
    """Context in which 3x3 convolutions of this thread run by Winograd's algorithm.

    They do on a processor, in float32, without gradients, and with a stride of 1. All others, and
    all of them where NNPACK is missing, run as ever.
    """
    if not _has_nnpack():
        yield
        return
    with _WinogradMode():
        yield


@cache
def _has_nnpack() -> bool:
    # Asking also sets NNPACK up.
    available: bool = torch.backends.nnpack.is_available()  # type: ignore[no-untyped-call]
    return available and hasattr(torch, "_nnpack_spatial_convolution")


class _WinogradMode(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is torch.conv2d:
            return _conv2d(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution, with the arguments of PyTorch, by NNPACK where that is faster."""
    is_plain = _pair(stride) == _pair(dilation) == (1, 1) and groups == 1
    fits = weight.shape[2:] == (3, 3) and weight[:, :, 0, 0].numel() >= _MIN_CHANNEL_PAIRS
    is_float = input.device.type == "cpu" and input.dtype == weight.dtype == torch.float32
    has_edges = isinstance(padding, str) or max(_pair(padding)) > 2
    if torch.is_grad_enabled() or not (is_plain and fits and is_float) or has_edges:
        return torch.conv2d(input, weight, bias, stride, padding, dilation, groups)
    # It is fast for one sample at a time alone.
    samples = [
        torch._nnpack_spatial_convolution(sample, weight, bias, _pair(padding), (1, 1))
        for sample in torch.split(input, 1)
    ]
    return samples[0] if len(samples) == 1 else torch.cat(samples)


def _pair(numbers: Any) -> tuple[int, int]:
    return (numbers, numbers) if isinstance(numbers, int) else tuple(numbers)

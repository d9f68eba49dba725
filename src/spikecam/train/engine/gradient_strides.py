"""Strides of gradients, which are those of the weights."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn


def match_gradient_strides(module: nn.Module) -> None:
    """Give gradients of weights of 1x1 pixels the strides of the weights.

    Of such a weight, (I, 1, I, I) and (I, 1, 1, 1) are the same bytes in the same order, and which
    of the two autograd gives to a gradient depends on the layer and the precision. Where several
    processes train, PyTorch lays out the memory through which they exchange gradients by the
    strides of the weights, and would copy each gradient of others in every step, with a warning.
    """
    for weights in module.parameters():
        if weights.ndim == 4 and weights.shape[2:] == (1, 1) and weights.requires_grad:
            hook = partial(_restride, weights.stride())
            weights.register_hook(hook)  # type: ignore[no-untyped-call]


def _restride(strides: tuple[int, ...], gradient: Tensor) -> Tensor:
    return gradient.contiguous().as_strided(gradient.shape, strides)

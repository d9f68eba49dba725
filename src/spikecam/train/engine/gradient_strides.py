"""Strides of weights as their gradients have them, for training in several processes."""

from __future__ import annotations

from torch import nn


def use_gradient_strides(module: nn.Module) -> None:
    """Give weights of 1x1 pixels the strides that autograd gives to their gradients.

    With channels last such a weight has strides (I, 1, I, I), and its gradient
    (I, 1, 1, 1), which are the same bytes in the same order. Where several processes train, PyTorch
    lays out the memory through which they exchange gradients by the strides of the weights, and
    would copy each such gradient in every step, with a warning.
    """
    for weights in module.parameters():
        if weights.ndim == 4 and weights.shape[2:] == (1, 1):
            inputs = weights.shape[1]
            weights.data = weights.data.as_strided(weights.shape, (inputs, 1, 1, 1))

"""Strides of weights as their gradients have them, for training in several processes."""

from __future__ import annotations

import torch
from torch import nn


def use_gradient_strides(module: nn.Module) -> None:
    """Give weights whose strides are ambiguous the strides that autograd gives to gradients.

    With channels last a weight of 1x1 pixels has strides (I, 1, I, I), and its gradient
    (I, 1, 1, 1), which are the same bytes in the same order. Where several processes train, PyTorch
    lays out the memory through which they exchange gradients by the strides of the weights, and
    would copy each such gradient in every step, with a warning.
    """
    for weights in module.parameters():
        default = torch.empty(weights.shape, device="meta").stride()
        if weights.is_contiguous() and weights.stride() != default:
            weights.data = weights.data.as_strided(weights.shape, default)

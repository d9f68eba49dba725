"""Leaky integrate-and-fire neurons whose leak is trained (PLIF, Fang et al. 2021).

    v <- v + (x - v) sigmoid(w)
    spike = 1 if v >= 1 else 0
    v <- 0 where it fired

with one number w a layer. The spike's gradient is that of atan(pi (v - 1)) / pi, and none goes
through the reset, as SSIR is trained.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

_THRESHOLD = 1.0


class SpikingNeurons(nn.Module):
    """A layer of leaky integrate-and-fire neurons, one step of time a call."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(()))

    def forward(self, current: Tensor, potential: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Spikes, 0 or 1, and the potential that they leave, both of the current's shape.

        Without a potential the neurons are at rest, at 0.
        """
        if potential is None:
            potential = torch.zeros_like(current)
        potential = potential + (current - potential) * torch.sigmoid(self.w)
        spikes: Tensor = _Fire.apply(potential - _THRESHOLD)  # type: ignore[no-untyped-call]
        return spikes, potential * (1 - spikes.detach())


class _Fire(torch.autograd.Function):
    """Unit step, with the gradient of an arc tangent."""

    @staticmethod
    def forward(ctx: Any, excess: Tensor) -> Tensor:
        ctx.save_for_backward(excess)
        return (excess >= 0).to(excess.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        excess: Tensor = ctx.saved_tensors[0]
        return gradients[0] / (1 + (math.pi * excess) ** 2)

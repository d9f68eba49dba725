"""Weights of blurred planes, estimated from coarse to fine by a recurrent network.

NRKNet and GKMNet write a sharp picture as a sum of blurred copies of the blurry one, weighted from
pixel to pixel. The weights follow from features of the scale and from a state that is carried from
each scale to the next.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.batch_norm import BatchNorm

# Hidden values and memory of a recurrent cell, each (B, C, H, W).
LSTMState = tuple[Tensor, Tensor]

_GATE_KERNEL = 5


class ConvLSTM(nn.Module):
    """Convolutional LSTM cell (Shi et al. 2015)."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(
            in_channels + channels, 4 * channels, _GATE_KERNEL, padding=_GATE_KERNEL // 2
        )

    def forward(self, features: Tensor, state: LSTMState) -> LSTMState:
        """Advance the state by features (B, C, H, W)."""
        hidden, memory = state
        gates = self.gates(torch.cat([features, hidden], dim=1))
        take, forget, give, new = gates.chunk(4, dim=1)
        memory = torch.sigmoid(forget) * memory + torch.sigmoid(take) * torch.tanh(new)
        return torch.sigmoid(give) * torch.tanh(memory), memory


class RecurrentWeights(nn.Module):
    """Estimator of weights of planes from features of a scale and a state on half of its grid.

    Args:
        in_channels: of the features.
        planes: how many weights a pixel has.
        bias: whether the convolution of the features has biases.
        padding_mode: of that convolution, as in PyTorch.
    """

    def __init__(
        self,
        in_channels: int,
        planes: int,
        *,
        bias: bool = True,
        padding_mode: Literal["zeros", "reflect"] = "zeros",
    ) -> None:
        super().__init__()
        self.planes = planes
        self.conv = nn.Conv2d(
            in_channels, planes, 3, padding=1, bias=bias, padding_mode=padding_mode
        )
        self.norm = BatchNorm(planes)
        self.lstm = ConvLSTM(in_channels, planes)

    def forward(self, features: Tensor, state: LSTMState | None) -> tuple[Tensor, LSTMState]:
        """Weights (B, planes, H, W) of a scale, and the state of the next, twice as fine.

        Args:
            features: (B, C, H, W) with even H and W.
            state: of the last scale, on half of this grid; None before the first.
        """
        pooled = functional.avg_pool2d(features, 2)
        if state is None:
            zeros = pooled.new_zeros(len(pooled), self.planes, *pooled.shape[2:])
            state = zeros, zeros
        hidden, memory = self.lstm(pooled, state)
        gain = functional.interpolate(hidden, scale_factor=2)
        weights = gain * functional.relu(self.norm(self.conv(features))) + gain
        return weights, (upsample_bilinear(hidden, 2), upsample_bilinear(memory, 2))


def upsample_bilinear(features: Tensor, factor: int) -> Tensor:
    """Upsample features by bilinear interpolation between the middles of pixels."""
    return functional.interpolate(
        features, scale_factor=factor, mode="bilinear", align_corners=False
    )

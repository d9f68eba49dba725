"""The residual block that the networks share, without normalisation."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Residual block: two 3x3 convolutions added to their input.

    Args:
        channels: in and out.
        dilation: of the first convolution.
        bias: whether the convolutions have biases.
        padding_mode: of the convolutions, as in PyTorch.
    """

    def __init__(
        self, channels: int, dilation: int = 1, *, bias: bool = True, padding_mode: str = "zeros"
    ) -> None:
        super().__init__()
        shared: dict[str, Any] = {"bias": bias, "padding_mode": padding_mode}
        self.first = nn.Conv2d(channels, channels, 3, 1, dilation, dilation, **shared)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, **shared)

    def forward(self, features: Tensor) -> Tensor:
        """Apply the block: features of the same shape."""
        refined: Tensor = features + self.second(
            functional.relu(self.first(features), inplace=True)
        )
        return refined

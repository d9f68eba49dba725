"""The residual block that the networks share, without normalisation."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Residual block: two 3x3 convolutions added to their input. The first may be dilated."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Apply the block: features of the same shape."""
        refined: Tensor = features + self.second(
            functional.relu(self.first(features), inplace=True)
        )
        return refined

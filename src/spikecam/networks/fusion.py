"""Fusion network: estimates of one picture, of which each is good elsewhere, to the best one; ours.

It weighs the estimates pixel by pixel and adds what none of them has. All convolutions run on grids
a half and a quarter as fine as the picture, which is unfolded onto the finer one. All is scaled to
the same brightness before, so that one network serves the dark and the bright.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.networks.configs.fusion import FusionConfig, FusionInputConfig
from spikecam.networks.residual import ResidualBlock

# Pixels of the picture, a side, to one of the finer grid.
GRID_PIXELS = 2
_INPUT_SCALE, _INPUT_MEAN, _RESIDUAL_SCALE = 4.0, 0.4, 0.1


class Fusion(nn.Module):
    """Fusion network; heights and widths of pictures are multiples of 8."""

    def __init__(
        self, config: FusionConfig | None = None, input_config: FusionInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or FusionConfig()
        self.input_config = input_config = input_config or FusionInputConfig()
        if (config.pictures, config.maps) != (input_config.pictures, input_config.maps):
            raise OptionError(
                f"the fusion network weighs {config.pictures} pictures by {config.maps} maps, and "
                f"its input has {input_config.pictures} and {input_config.maps}"
            )
        cells, width, deep = GRID_PIXELS**2, config.width, config.deep_width
        self.stem = nn.Conv2d(cells * config.pictures + config.maps, width, 3, padding=1)
        self.before = nn.Sequential(*(ResidualBlock(width) for _ in range(2)))
        self.down = nn.Conv2d(width, deep, 4, stride=2, padding=1)
        self.deep = nn.Sequential(*(ResidualBlock(deep) for _ in range(config.deep_blocks)))
        self.up = nn.Sequential(nn.Conv2d(deep, 4 * width, 1), nn.PixelShuffle(2))
        self.after = nn.Sequential(*(ResidualBlock(width) for _ in range(config.blocks - 2)))
        self.predict = nn.Conv2d(width, cells * (config.pictures + 1), 3, padding=1)
        # Untrained, it gives the mean of the estimates.
        nn.init.zeros_(self.predict.weight)
        nn.init.zeros_(torch.as_tensor(self.predict.bias))

    @property
    def receptive_radius(self) -> int:
        """Radius of the receptive field in pixels: what lies farther away does not matter."""
        fine = 1 + 2 * 2 + 2 + 2 * (self.config.blocks - 2) + 1
        return GRID_PIXELS * fine + 2 * GRID_PIXELS * (2 * self.config.deep_blocks + 1)

    def forward(self, pictures: Tensor, maps: Tensor) -> Tensor:
        """Fuse estimates of each picture.

        Args:
            pictures: (B, P, H, W), scaled so that white is about 1.
            maps: (B, M, H / 2, W / 2).

        Returns:
            (B, 1, H, W) in the same scale, not clipped.
        """
        scaled = _INPUT_SCALE * (pictures - _INPUT_MEAN)
        unfolded = functional.pixel_unshuffle(scaled, GRID_PIXELS)
        fine = self.stem(torch.cat([unfolded, maps], dim=1))
        fine = self.before(functional.relu(fine, inplace=True))
        fine = self.after(fine + self.up(self.deep(self.down(fine))))
        predicted = functional.pixel_shuffle(self.predict(fine), GRID_PIXELS).float()
        shares = predicted[:, :-1].softmax(dim=1)
        mixed: Tensor = (shares * pictures).sum(dim=1, keepdim=True)
        return mixed + _RESIDUAL_SCALE * predicted[:, -1:]

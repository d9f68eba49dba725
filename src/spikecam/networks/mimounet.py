"""MIMO-UNet, which deblurs a photograph at three resolutions at once (Cho et al., ICCV 2021).

One U-net sees the blurry picture at full, half and quarter resolution and predicts the sharp one at
each. Skips fuse the features of all resolutions. 6.807171 M parameters; MIMO-UNet+, with 20
residual blocks in place of 8, 16.107651 M.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.mimounet import MIMOUNetConfig
from spikecam.networks.padding import reflect_to_multiple
from spikecam.networks.picture_input import BlurryPictureInputConfig
from spikecam.networks.residual import ResidualBlock


class MIMOUNet(nn.Module):
    """Deblurring network of photographs with several inputs and outputs.

    Attributes:
        multiple: of which both sides are multiples inside.
        min_side: smallest side inside.
    """

    multiple, min_side = 4, 0

    def __init__(
        self,
        config: MIMOUNetConfig | None = None,
        input_config: BlurryPictureInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config = config or MIMOUNetConfig()
        self.input_config = input_config or BlurryPictureInputConfig()
        full, half, quarter = (config.width * factor for factor in (1, 2, 4))
        self.stem = nn.Conv2d(3, full, 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1)
            for before, after in ((full, half), (half, quarter))
        )
        # Of half and of quarter resolution.
        self.picture_encoder = nn.ModuleList(PictureEncoder(width) for width in (half, quarter))
        self.picture_fusion = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=1) for width in (half, quarter)
        )
        self.encoder = nn.ModuleList(self._blocks(width) for width in (full, half, quarter))
        self.skip_fusion = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(full + half + quarter, width, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(width, width, 3, padding=1),
            )
            for width in (full, half)
        )
        # From here on from quarter to full resolution.
        self.decoder = nn.ModuleList(self._blocks(width) for width in (quarter, half, full))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)
            for before, after in ((quarter, half), (half, full))
        )
        self.join = nn.ModuleList(nn.Conv2d(2 * width, width, 1) for width in (half, full))
        self.predict = nn.ModuleList(
            nn.Conv2d(width, 3, 3, padding=1) for width in (quarter, half, full)
        )

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most."""
        # Two pixels of each grid for a block: of the encoder, and of the decoder.
        blocks = 2 * 2 * self.config.blocks * (1 + 2 + 4)
        # The other convolutions and the changes of the grid, of which none sees 16 pixels.
        return blocks + 48

    def forward(self, blur: Tensor) -> Tensor:
        """Deblur pictures (B, 3, h, w) in [0, 1], RGB, to sharp ones of their size, not clipped.

        Sides that are no multiples of 4 are padded by reflection, below and on the right.
        """
        height, width = blur.shape[2:]
        sharp = self.predict_scales(reflect_to_multiple(blur, self.multiple))[-1]
        return sharp[:, :, :height, :width]

    def predict_scales(self, blur: Tensor) -> list[Tensor]:
        """Sharp pictures at a quarter, a half and all of the resolution, for training.

        Sides of ``blur`` are multiples of 4.
        """
        pictures = [blur[:, :, ::step, ::step] for step in (4, 2, 1)]
        full, half, quarter = self._encode(pictures)
        skips = [
            self.skip_fusion[1](_resize_and_join((full, half, quarter), half)),
            self.skip_fusion[0](_resize_and_join((full, half, quarter), full)),
        ]
        features = self.decoder[0](quarter)
        sharp = [pictures[0] + self.predict[0](features)]
        for i, skip in enumerate(skips):
            upsampled = functional.relu(self.up[i](features))
            joined = functional.relu(self.join[i](torch.cat([upsampled, skip], dim=1)))
            features = self.decoder[i + 1](joined)
            sharp.append(pictures[i + 1] + self.predict[i + 1](features))
        return sharp

    def _encode(self, pictures: list[Tensor]) -> list[Tensor]:
        """Encode pictures, from the coarsest on, to features of full, half, quarter resolution."""
        encoded = [self.encoder[0](functional.relu(self.stem(pictures[-1])))]
        for i, picture in enumerate(reversed(pictures[:-1])):
            features = functional.relu(self.down[i](encoded[-1]))
            product = features * self.picture_encoder[i](picture)
            encoded.append(self.encoder[i + 1](features + self.picture_fusion[i](product)))
        return encoded

    def _blocks(self, width: int) -> nn.Sequential:
        return nn.Sequential(*(ResidualBlock(width) for _ in range(self.config.blocks)))


class PictureEncoder(nn.Module):
    """Shallow encoder of a coarser picture, which stays beside its features.

    Args:
        width: channels of the features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, kernel, padding=kernel // 2)
            for before, after, kernel in (
                (3, width // 4, 3),
                (width // 4, width // 2, 1),
                (width // 2, width // 2, 3),
                (width // 2, width - 3, 1),
            )
        )
        self.join = nn.Conv2d(width, width, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Encode pictures (B, 3, h, w) to features of their size."""
        features = picture
        for conv in self.convs:
            features = functional.relu(conv(features))
        joined: Tensor = self.join(torch.cat([picture, features], dim=1))
        return joined


def _resize_and_join(features: tuple[Tensor, ...], reference: Tensor) -> Tensor:
    """Concatenate features of several resolutions at that of a reference, by nearest pixels."""
    size = reference.shape[2:]
    return torch.cat([functional.interpolate(each, size) for each in features], dim=1)

"""A small autoencoder: pictures to latents an eighth as high and wide, and back; ours.

SpikeGen (3.2) works on latents of a variational autoencoder. This one is small enough to ship: a
linear transform of blocks of 8 x 8 pixels, which begins as the lowest frequencies of the discrete
cosine transform in brightness and two colours, and a residual network either way that corrects it.
Its convolutions run on grids a quarter and an eighth as fine as the picture.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.autoencoder import (
    STRIDE,
    AutoencoderConfig,
    AutoencoderInputConfig,
)
from spikecam.networks.residual import ResidualBlock

# Pixels a side to one place of the finer of the two grids.
GRID_PIXELS = 4
# Gray, and two differences of colours; by how many cycles a block gray goes further.
_COLOURS = ((1, 1, 1), (1, 0, -1), (1, -2, 1))
_GRAY_EXTRA_CYCLES = 3.0


class Autoencoder(nn.Module):
    """A small autoencoder of pictures with stride 8.

    Sides of pictures are multiples of 8.

    Latents have about no mean and a mean square of 1 over photographs: ``mean`` and ``deviation``
    are kept with the weights.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        config: AutoencoderConfig | None = None,
        input_config: AutoencoderInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config = config or AutoencoderConfig()
        self.input_config = input_config or AutoencoderInputConfig()
        width, deep, channels = config.width, config.deep_width, config.channels
        self.analysis = nn.Conv2d(3, channels, STRIDE, stride=STRIDE, bias=False)
        self.synthesis = nn.ConvTranspose2d(channels, 3, STRIDE, stride=STRIDE)
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(GRID_PIXELS),
            nn.Conv2d(3 * GRID_PIXELS**2, width, 3, padding=1),
            *(ResidualBlock(width) for _ in range(config.blocks)),
            nn.Conv2d(width, deep, 4, stride=2, padding=1),
            *(ResidualBlock(deep) for _ in range(config.deep_blocks)),
            nn.Conv2d(deep, channels, 3, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(channels, deep, 3, padding=1),
            *(ResidualBlock(deep) for _ in range(config.deep_blocks)),
            nn.Conv2d(deep, 4 * width, 1),
            nn.PixelShuffle(2),
            *(ResidualBlock(width) for _ in range(config.blocks)),
            nn.Conv2d(width, 3 * GRID_PIXELS**2, 3, padding=1),
            nn.PixelShuffle(GRID_PIXELS),
        )
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(()))
        # Untrained, it is the linear transform alone.
        frequencies = _lowest_dct_filters(channels)
        with torch.no_grad():
            self.analysis.weight.copy_(frequencies)
            self.synthesis.weight.copy_(frequencies / frequencies.square().sum((1, 2, 3), True))
            for last in (self.encoder[-1], self.decoder[-2], self.synthesis):
                assert isinstance(last, nn.Conv2d | nn.ConvTranspose2d)
                assert last.bias is not None
                last.bias.zero_()
                if last is not self.synthesis:
                    last.weight.zero_()

    @property
    def latent_channels(self) -> int:
        """Number of channels of the latents."""
        return self.config.channels

    @property
    def receptive_radius(self) -> int:
        """Radius of the receptive field of encoder or decoder, in pixels."""
        config = self.config
        return GRID_PIXELS * (2 * config.blocks + 2) + STRIDE * (2 * config.deep_blocks + 2)

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (B, C, h / 8, w / 8) of pictures (B, 3, h, w) in [0, 1]."""
        latents: Tensor = (
            self.encode_unnormalised(pictures) - self.mean[:, None, None]
        ) / self.deviation
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (B, 3, h, w), not clipped, of latents (B, C, h / 8, w / 8)."""
        return self.decode_unnormalised(latents * self.deviation + self.mean[:, None, None])

    def encode_unnormalised(self, pictures: Tensor) -> Tensor:
        """Encode pictures to latents without the normalisation."""
        centred = pictures - 0.5
        latents: Tensor = self.analysis(centred) + self.encoder(4 * centred)
        return latents.float()

    def decode_unnormalised(self, latents: Tensor) -> Tensor:
        """Decode latents that are not normalised to pictures, not clipped."""
        picture: Tensor = self.synthesis(latents).float() + 0.125 * self.decoder(latents).float()
        return picture + 0.5

    def forward(self, pictures: Tensor) -> Tensor:
        """Encode and decode: reconstructed pictures, not clipped."""
        return self.decode_unnormalised(self.encode_unnormalised(pictures))


def _lowest_dct_filters(count: int) -> Tensor:
    """DCT filters of the lowest frequencies in gray and two colours, (count, 3, 8, 8).

    Photographs have less of what is finer; so that latents are of a like size, the weight of each
    rises with the root of its frequency.
    """
    places = (torch.arange(STRIDE) + 0.5) * math.pi / STRIDE
    waves = torch.stack([torch.cos(n * places) for n in range(STRIDE)])
    waves = functional.normalize(waves)
    candidates = []
    for index, colour in enumerate(_COLOURS):
        mix = functional.normalize(torch.tensor(colour, dtype=torch.float32), dim=0)
        for down in range(STRIDE):
            for across in range(STRIDE):
                cycles = math.hypot(down, across) + (_GRAY_EXTRA_CYCLES if index else 0)
                wave = mix[:, None, None] * waves[down][:, None] * waves[across]
                candidates.append((cycles, wave * (1 + cycles) ** 0.5))
    candidates.sort(key=lambda candidate: candidate[0])
    return torch.stack([wave for _, wave in candidates[:count]])

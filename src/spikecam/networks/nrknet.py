"""NRKNet, which removes defocus blur by an unrolled fixed-point iteration (Quan et al., CVPR 2023).

The inverse of blur is written as a sum t_0 + t_1 + ... with t_{k+1} = t_k - B t_k, where B blurs:
a stack of small learned blurs, one after another, weighted from pixel to pixel by a network that
goes from a quarter of the resolution to all of it. 6.094107 M parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.nrknet import NRKNetConfig
from spikecam.networks.padding import reflect_to_multiple
from spikecam.networks.picture_input import BlurryPictureInputConfig
from spikecam.networks.recurrent_weights import RecurrentWeights, upsample_bilinear
from spikecam.networks.residual import ResidualBlock

# Steps of pixels of the scales, and how often the iteration is unrolled at each.
_SCALES = ((4, 3), (2, 2), (1, 1))


class NRKNet(nn.Module):
    """Network that removes defocus blur from photographs.

    Attributes:
        multiple: of which both sides are multiples inside.
        min_side: smallest side inside, large enough for reflection at the coarsest grid.
    """

    multiple, min_side = 16, 32

    def __init__(
        self,
        config: NRKNetConfig | None = None,
        input_config: BlurryPictureInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config = config or NRKNetConfig()
        self.input_config = input_config or BlurryPictureInputConfig()
        full, half, quarter = (config.width * factor for factor in (1, 2, 4))
        self.stem = _reflecting_conv(3, full)
        self.down = nn.ModuleList(
            [_reflecting_conv(full, half, stride=2), _reflecting_conv(half, quarter, stride=2)]
        )
        self.encoder = nn.ModuleList(self._blocks(width) for width in (full, half, quarter))
        self.bottleneck_conv = _reflecting_conv(quarter, quarter)
        self.bottleneck = self._blocks(quarter)
        self.decoder = nn.ModuleList(self._blocks(width) for width in (quarter, half, full))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False)
            for before, after in ((quarter, half), (half, full))
        )
        planes = config.kernels + 1
        self.plane_weights = RecurrentWeights(full, planes, bias=False, padding_mode="reflect")
        self.blur_stack = BlurStack(config.kernels)
        self.blur_sum = nn.Conv2d(3 * planes, 3, 1)

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most."""
        coarsest, iterations = _SCALES[0]
        # Two pixels of each grid of the U-net for a block, and its other convolutions.
        features = 2 * self.config.blocks * (1 + 2 + 4 + 4 + 4 + 2 + 1) + 24
        # Every iteration but the first uses weights beside the pixel; the state of finer scales.
        blurs = (iterations - 1) * self.config.kernels
        return coarsest * (features + blurs) + 32

    def forward(self, blur: Tensor) -> Tensor:
        """Deblur pictures (B, 3, h, w) in [0, 1], RGB, to sharp ones of their size, not clipped.

        Sides that are no multiples of 16, or below 32, are padded by reflection, below and on the
        right.
        """
        height, width = blur.shape[2:]
        sharp = self.predict_scales(reflect_to_multiple(blur, self.multiple, self.min_side))[-1]
        return sharp[:, :, :height, :width]

    def predict_scales(self, blur: Tensor) -> list[Tensor]:
        """Pictures of the iteration at a quarter, a half and all of the resolution, and the result.

        Training compares all four with the sharp one. Sides of ``blur`` are multiples of 16.
        """
        pictures, result = [], blur
        for (step, iterations), weights in zip(_SCALES, self.estimate_weights(blur), strict=True):
            rest = picture = blur[:, :, ::step, ::step]
            for _ in range(iterations):
                rest = rest - self.reblur(rest, weights)
                picture = picture + rest
            pictures.append(picture)
            result = result + (upsample_bilinear(rest, step) if step > 1 else rest)
        return [*pictures, result]

    def estimate_weights(self, blur: Tensor) -> list[Tensor]:
        """Weights of the blurred planes at a quarter, a half and all of the resolution.

        Each is (B, kernels + 1, h, w), that of the picture itself first.
        """
        all_weights, state = [], None
        for step, _ in _SCALES:
            features = self._encode(blur[:, :, ::step, ::step])
            weights, state = self.plane_weights(features, state)
            all_weights.append(weights)
        return all_weights

    def reblur(self, picture: Tensor, weights: Tensor) -> Tensor:
        """Blur pictures (B, 3, h, w) as estimated by `estimate_weights` for their scale."""
        planes = self.blur_stack(picture) * weights.repeat_interleave(3, dim=1)
        blurred: Tensor = self.blur_sum(planes)
        return blurred

    def _encode(self, picture: Tensor) -> Tensor:
        """Features of a scale by a U-net whose skips are added, (B, width, h, w)."""
        encoded: list[Tensor] = [self.encoder[0](functional.relu(self.stem(picture)))]
        for down, encoder in zip(self.down, self.encoder[1:], strict=True):
            encoded.append(encoder(functional.relu(down(encoded[-1]))))
        features: Tensor = self.bottleneck(functional.relu(self.bottleneck_conv(encoded[-1])))
        features = self.decoder[0](encoded.pop() + features)
        for up, decoder in zip(self.up, self.decoder[1:], strict=True):
            features = decoder(functional.relu(up(features)) + encoded.pop())
        return features

    def _blocks(self, width: int) -> nn.Sequential:
        return nn.Sequential(
            *(
                ResidualBlock(width, bias=False, padding_mode="reflect")
                for _ in range(self.config.blocks)
            )
        )


class BlurStack(nn.Module):
    """A picture blurred again and again by small kernels, one for each step and colour.

    A kernel is the product of the same three taps (a, b, a) along columns and rows, positive and of
    sum 1: a softmax of two parameters.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.kernels = nn.Parameter(torch.zeros(3 * count, 1, 1, 2))

    def forward(self, picture: Tensor) -> Tensor:
        """Stack pictures (B, 3, h, w) and all their blurred ones, (B, 3 (count + 1), h, w)."""
        planes = [picture]
        for logits in torch.split(self.kernels, 3):
            taps = torch.cat([logits, logits[..., :1]], dim=-1).softmax(dim=-1)
            padded = functional.pad(planes[-1], (1, 1, 1, 1), mode="reflect")
            across = functional.conv2d(padded, taps, groups=3)
            planes.append(functional.conv2d(across, taps.transpose(2, 3), groups=3))
        return torch.cat(planes, dim=1)


def _reflecting_conv(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(
        in_channels, out_channels, 3, stride, padding=1, bias=False, padding_mode="reflect"
    )

"""GKMNet, which removes defocus blur by weighted Gaussian blurs (Quan et al., NeurIPS 2021).

A sharp picture is a sum of Gaussian blurs of the blurry one, and of the sharp one of the next
coarser scale, weighted from pixel to pixel. One small U-net, shared by three scales, gives the
weights from a quarter of the resolution to all of it. 1.409131 M parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.batch_norm import BatchNorm
from spikecam.networks.configs.gkmnet import GKMNetConfig
from spikecam.networks.padding import reflect_to_multiple
from spikecam.networks.picture_input import BlurryPictureInputConfig
from spikecam.networks.recurrent_weights import LSTMState, RecurrentWeights, upsample_bilinear
from spikecam.networks.triplet_attention import TripletAttention

_MULTIPLE = 16
# Difference of the standard deviations of successive Gaussians, in pixels.
_SIGMA_STEP = 0.25


class GKMNet(nn.Module):
    """Network that removes defocus blur from photographs."""

    def __init__(
        self,
        config: GKMNetConfig | None = None,
        input_config: BlurryPictureInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config = config or GKMNetConfig()
        self.input_config = input_config or BlurryPictureInputConfig()
        full, half, quarter = (config.width * factor for factor in (1, 2, 4))
        self.stem = AttentiveBlock(nn.Conv2d(3, full, 3, padding=1), full, normalise=False)
        self.down = nn.ModuleList(
            AttentiveBlock(nn.Conv2d(before, after, 3, stride=2, padding=1), after)
            for before, after in ((full, half), (half, quarter))
        )
        self.bottleneck = AttentiveBlock(nn.Conv2d(quarter, quarter, 3, padding=1), quarter)
        self.up = nn.ModuleList(
            AttentiveBlock(nn.ConvTranspose2d(before, after, 2, stride=2), after)
            for before, after in ((quarter, half), (half, full))
        )
        # Those of the picture, and those of the result of the coarser scale.
        self.plane_weights = RecurrentWeights(full, 2 * (config.kernels + 1))
        self.blur_sum = nn.Conv2d(6 * (config.kernels + 1), 3, 1)

    def forward(self, blur: Tensor) -> Tensor:
        """Deblur pictures (B, 3, h, w) in [0, 1], RGB, to sharp ones of their size, not clipped.

        Sides that are no multiples of 16 are padded by reflection, below and on the right. Coarser
        pictures are made by bilinear interpolation with antialiasing, as the authors make them.
        """
        height, width = blur.shape[2:]
        full = reflect_to_multiple(blur, _MULTIPLE)
        half, quarter = (downsample_picture(full, step) for step in (2, 4))
        sharp = self.predict_scales(full, half, quarter)[0]
        return sharp[:, :, :height, :width]

    def predict_scales(self, full: Tensor, half: Tensor, quarter: Tensor) -> list[Tensor]:
        """Sharp pictures of blurry ones of all, a half and a quarter of the resolution.

        Sides of ``full`` are multiples of 16.
        """
        coarse, state = self._predict_scale(quarter, quarter, None)
        middle, state = self._predict_scale(half, upsample_bilinear(coarse, 2), state)
        fine, _ = self._predict_scale(full, upsample_bilinear(middle, 2), state)
        return [fine, middle, coarse]

    def _predict_scale(
        self, picture: Tensor, coarser: Tensor, state: LSTMState | None
    ) -> tuple[Tensor, LSTMState]:
        """The sharp picture of a scale, from its picture and what the coarser scale gave."""
        weights, state = self.plane_weights(self._encode(picture), state)
        weights = 2 * torch.sigmoid(weights) - 1
        kernels = gaussian_kernels(self.config.kernels).to(picture)
        planes = [
            blur_stack(each, kernels) * each_weights.repeat(1, 3, 1, 1)
            for each, each_weights in zip((picture, coarser), weights.chunk(2, dim=1), strict=True)
        ]
        return self.blur_sum(torch.cat(planes, dim=1)), state

    def _encode(self, picture: Tensor) -> Tensor:
        """Features of a scale by a U-net whose skips are added, (B, width, h, w)."""
        fine = self.stem(picture)
        middle = self.down[0](fine)
        coarse = self.down[1](middle)
        features = self.up[0](self.bottleneck(coarse) + coarse)
        refined: Tensor = self.up[1](features + middle)
        return refined


class AttentiveBlock(nn.Module):
    """A convolution, two residual convolutions and triplet attention.

    Args:
        conv: the first convolution, of any kind.
        channels: that it gives.
        normalise: whether normalisation and a rectifier follow on the first convolution, as on the
            others.
    """

    def __init__(self, conv: nn.Module, channels: int, *, normalise: bool = True) -> None:
        super().__init__()
        self.conv = conv
        self.norm = BatchNorm(channels) if normalise else None
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.first_norm = BatchNorm(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.second_norm = BatchNorm(channels)
        self.attention = TripletAttention()

    def forward(self, features: Tensor) -> Tensor:
        """Apply the block."""
        features = self.conv(features)
        if self.norm is not None:
            features = functional.relu(self.norm(features))
        features = features + functional.relu(self.first_norm(self.first(features)))
        features = features + functional.relu(self.second_norm(self.second(features)))
        weighed: Tensor = self.attention(features)
        return weighed


def downsample_picture(picture: Tensor, step: int) -> Tensor:
    """Downsample pictures (B, 3, h, w) by bilinear interpolation with antialiasing."""
    size = picture.shape[2] // step, picture.shape[3] // step
    return functional.interpolate(
        picture, size, mode="bilinear", align_corners=False, antialias=True
    )


def gaussian_kernels(count: int) -> Tensor:
    """A delta and Gaussians of 0.25, 0.5, ... pixels, cut off and of sum 1, (count + 1, K, K)."""
    side = _kernel_side(count)
    kernels = torch.zeros(count + 1, side, side)
    kernels[0, side // 2, side // 2] = 1
    for i in range(1, count + 1):
        radius = _kernel_side(i) // 2
        x = torch.arange(-radius, radius + 1, dtype=torch.float32)
        taps = torch.exp(-(x**2) / (2 * (_SIGMA_STEP * i) ** 2))
        taps = taps / taps.sum()
        inner = slice(side // 2 - radius, side // 2 + radius + 1)
        kernels[i, inner, inner] = torch.outer(taps, taps)
    return kernels


def blur_stack(picture: Tensor, kernels: Tensor) -> Tensor:
    """Blur pictures (B, 3, h, w), 0 beyond the edge, to planes (B, 3 N, h, w), for N kernels.

    As published, plane o is of colour o // N and of kernel o // 3: a colour sees a third of the
    kernels, red the narrowest and blue the widest.
    """
    filters = kernels.repeat_interleave(3, dim=0)[:, None]
    return functional.conv2d(picture, filters, padding=kernels.shape[-1] // 2, groups=3)


def _kernel_side(number: int) -> int:
    """Side of the kernel of a Gaussian, of 4 standard deviations or more, in pixels."""
    return max(3, 2 * (number // 2) + 1)

"""LDN, the lightweight deblurring network (SpikeReveal 3.3 and A.2, Figure 8b).

The blurry picture goes through two strided convolutions down to the grid of the spikes, a window of
spike frames through two plain ones; both are joined, weighed by channel and by place (CBAM, Woo et
al. 2018), refined by two residual blocks, and brought up again. A 1x1 convolution makes the sharp
picture from that and the blurry one. 0.234158 M parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.ldn import PICTURE_SCALE, LDNConfig, LDNInputConfig
from spikecam.networks.residual import ResidualBlock
from spikecam.networks.spatial_attention import SpatialAttention


class LDN(nn.Module):
    """Lightweight deblurring network (SpikeReveal).

    ``forward`` takes blurry pictures (B, 3, h, w) in [0, 1], RGB, and spikes (B, T, H, W) of the
    same view on a grid a quarter as fine; where h and w are no multiples of 4, the spikes' last
    row and column reach beyond the picture. It gives sharp pictures (B, 3, h, w), not clipped.
    """

    def __init__(
        self, config: LDNConfig | None = None, input_config: LDNInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or LDNConfig()
        self.input_config = input_config or LDNInputConfig()
        width = self.config.width
        fused = 4 * width
        self.blur_encoder = nn.Sequential(
            nn.Conv2d(3, width, 5, stride=2, padding=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 2 * width, 5, stride=2, padding=2),
            nn.ReLU(inplace=True),
        )
        self.spike_encoder = nn.Sequential(
            nn.Conv2d(self.config.window, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(inplace=True),
        )
        self.channel_attention = ChannelAttention(fused, self.config.reduction)
        self.spatial_attention = SpatialAttention()
        self.blocks = nn.Sequential(*(ResidualBlock(fused) for _ in range(self.config.blocks)))
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(fused, 2 * width, 5, stride=2, padding=2, output_padding=1),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * width, width, 5, stride=2, padding=2, output_padding=1),
            nn.ReLU(inplace=True),
        )
        self.predict = nn.Conv2d(width + 3, 3, 1)

    def forward(self, blur: Tensor, spikes: Tensor) -> Tensor:
        """Deblur pictures by the spikes around a moment."""
        height, width = blur.shape[2:]
        down, across = (
            PICTURE_SCALE * spikes.shape[2] - height,
            PICTURE_SCALE * spikes.shape[3] - width,
        )
        blur = functional.pad(blur, (0, across, 0, down), mode="replicate")
        features = self.decoder(self._fuse(self.blur_encoder(blur), spikes))
        sharp: Tensor = self.predict(torch.cat([blur, features], dim=1))
        return sharp[:, :, :height, :width]

    @property
    def receptive_radius(self) -> int:
        """Radius of the receptive field in pixels, without channel attention."""
        # Two convolutions of spikes, or of the picture, as far; attention to places; the decoder.
        return PICTURE_SCALE * (2 + 3 + 2 * self.config.blocks + 2)

    def encode(self, blur: Tensor) -> tuple[Tensor, Tensor]:
        """Encode a blurry picture for all moments.

        Gives its features, and its part of the prediction.

        ``blur`` has sides of 4 times those of the spikes.
        """
        weights, bias = self.predict.weight, self.predict.bias
        return self.blur_encoder(blur), functional.conv2d(blur, weights[:, :3], bias)

    def refine(
        self,
        encoded_blur: tuple[Tensor, Tensor],
        spikes: Tensor,
        pooled: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Sharp pictures from what `encode` gave and the spikes around a moment.

        It is faster than `forward`, and the same but for rounding. What the decoder makes finer
        stays on the coarser grid, the pixels of each 2 x 2 in channels of their own, until it is a
        picture: processors are several times faster at plain convolutions than at transposed ones.

        ``pooled`` are `pool_channels` of the whole picture, where these are only parts of it.
        """
        picture_features, base = encoded_blur
        first, second = self.decoder[0], self.decoder[2]
        features = _transposed_conv_before_shuffle(
            first, self._fuse(picture_features, spikes, pooled)
        )
        features = _transposed_conv_before_shuffle(second, functional.pixel_shuffle(features, 2))
        weight = self.predict.weight[:, 3:]
        identity = torch.eye(4, dtype=weight.dtype, device=weight.device)
        shuffled_weight = torch.einsum("oihw,pq->opiqhw", weight, identity)
        change = functional.conv2d(features, shuffled_weight.flatten(2, 3).flatten(0, 1))
        return base + functional.pixel_shuffle(change, 2)

    def _fuse(
        self,
        picture_features: Tensor,
        spikes: Tensor,
        pooled: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Fuse features of picture and spikes by attention and residual blocks."""
        features: Tensor = self.blocks(
            self.spatial_attention(
                self.channel_attention(
                    self.encode_and_join_spikes(picture_features, spikes), pooled
                )
            )
        )
        return features

    def encode_and_join_spikes(self, picture_features: Tensor, spikes: Tensor) -> Tensor:
        """Encode spikes, and concatenate them to the picture's features, (B, 4 width, H, W)."""
        return torch.cat([picture_features, self.spike_encoder(spikes)], dim=1)


def _transposed_conv_before_shuffle(conv_layer: nn.Module, features: Tensor) -> Tensor:
    """Apply a transposed convolution and ReLU, with its pixels left in channels to be shuffled.

    Output pixel 2 q + p sees input q + d through the tap 2 + p - 2 d, where there is one.
    """
    assert isinstance(conv_layer, nn.ConvTranspose2d)
    assert conv_layer.bias is not None
    taps = conv_layer.weight.new_tensor([[4, 2, 0], [5, 3, 1]], dtype=torch.long)
    tap_weights = functional.pad(conv_layer.weight, (0, 1, 0, 1))[
        :, :, taps[:, None, :, None], taps[:, None]
    ]
    weight = tap_weights.permute(1, 2, 3, 0, 4, 5).flatten(0, 2)
    bias = conv_layer.bias.repeat_interleave(4)
    return functional.relu(functional.conv2d(features, weight, bias, padding=1), inplace=True)


def pool_channels(features: Tensor) -> tuple[Tensor, Tensor]:
    """Global mean and maximum of every channel, each (B, C, 1, 1)."""
    return features.mean(dim=(2, 3), keepdim=True), features.amax(dim=(2, 3), keepdim=True)


class ChannelAttention(nn.Module):
    """Channel attention of CBAM, by the mean and maximum of every channel."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.expand = nn.Conv2d(channels // reduction, channels, 1, bias=False)

    def forward(self, features: Tensor, pooled: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """Features weighed channel by channel, by ``pooled`` statistics or their own."""
        statistics = pooled or pool_channels(features)
        weights = sum(self.expand(functional.relu(self.squeeze(each))) for each in statistics)
        return features * torch.sigmoid(torch.as_tensor(weights))

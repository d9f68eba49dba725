"""SpkDeblurNet, which deblurs a photograph with spikes (Chen et al., NeurIPS 2023).

Two transformers of shifted windows, one of the picture and one of the spikes, work on one grid, a
quarter as fine as the picture. Halfway the picture's predicts a quick sharp picture. A mask, made
of its difference to the inverse intervals of the spikes, passes parts of it to the spikes'
transformer; the result of that goes back to the picture's, each by attention between channels.

The published checkpoints hold 13.5 M parameters, of which two groups of blocks and two convolutions
have no effect; without them this network has 12.576204 M.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.channel_cross_attention import CrossAttentionBlock
from spikecam.networks.configs.spkdeblurnet import SpkDeblurNetConfig, SpkDeblurNetInputConfig
from spikecam.networks.padding import reflect_to_multiple
from spikecam.networks.swin import SwinGroup

# Pixels of the picture to a token, a side, and of what number of tokens sides are multiples.
_TOKEN_PIXELS, _TOKEN_MULTIPLE = 4, 32
# Groups of the picture's transformer before and after the spikes come in.
_GROUPS_BEFORE, _GROUPS_AFTER = 3, 3
# Differences of the quick picture to the inverse intervals, in the largest, that are small.
_SMALL_DIFFERENCE = 0.1


class DeblurredPictures(NamedTuple):
    """All that SpkDeblurNet predicts; training compares the pictures with the sharp one.

    Attributes:
        sharp: the result, (B, 3, h, w).
        spike_picture: gray, by the transformer of the spikes, (B, 1, h, w).
        quick: by the first half of the transformer of the picture, (B, 3, h, w).
        mask: where the quick picture is passed on, (B, 1, h, w).
    """

    sharp: Tensor
    spike_picture: Tensor
    quick: Tensor
    mask: Tensor


class SpkDeblurNet(nn.Module):
    """Deblurring network of a picture, spikes and the intervals between them."""

    def __init__(
        self,
        config: SpkDeblurNetConfig | None = None,
        input_config: SpkDeblurNetInputConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config = config or SpkDeblurNetConfig()
        self.input_config = input_config or SpkDeblurNetInputConfig()
        wide, narrow = config.picture_width, config.spike_width
        self.picture_encoder = _encoder(3, wide)
        self.picture_groups = nn.ModuleList(
            SwinGroup(wide, config.heads, config.picture_blocks, config.mlp_ratio)
            for _ in range(_GROUPS_BEFORE + _GROUPS_AFTER)
        )
        self.quick_picture = nn.Conv2d(wide, 3 * _TOKEN_PIXELS**2, 3, padding=1)
        self.spike_encoder = nn.Conv2d(config.frames, narrow, 3, stride=2, padding=1)
        self.spike_groups = nn.ModuleList(
            SwinGroup(narrow, config.heads, config.spike_blocks, config.mlp_ratio) for _ in range(2)
        )
        self.motion_mask = MotionMask(config.mask_width)
        self.masked_encoder = _encoder(1, narrow)
        self.spike_fusion = CrossAttentionBlock(narrow, narrow, config.fusion_heads)
        self.spike_conv = nn.Conv2d(narrow, narrow, 3, padding=1)
        self.spike_picture = nn.Conv2d(narrow, _TOKEN_PIXELS**2, 3, padding=1)
        self.picture_fusion = CrossAttentionBlock(wide, narrow, config.fusion_heads)
        self.sharp_picture = nn.Conv2d(wide, 3 * _TOKEN_PIXELS**2, 3, padding=1)

    def forward(self, blur: Tensor, spikes: Tensor, inverse_intervals: Tensor) -> Tensor:
        """Sharp pictures at the middle of the spikes; the arguments are those of `predict_all`.

        Gives (B, 3, h, w), not clipped.
        """
        return self.predict_all(blur, spikes, inverse_intervals).sharp

    def predict_all(
        self, blur: Tensor, spikes: Tensor, inverse_intervals: Tensor
    ) -> DeblurredPictures:
        """Sharp pictures at the middle of the spikes, and all that is predicted on the way.

        Maps of tokens whose sides are no multiples of 32 are padded by reflection, below and on the
        right, as the authors do.

        Args:
            blur: (B, 3, h, w) in [0, 1], RGB, of any size.
            spikes: of T frames on a grid half as fine, (B, T, H, W), with H = h / 2 and W = w / 2,
                rounded up.
            inverse_intervals: between the spikes around their middle, times ``interval_gain`` of
                the configuration of the input, (B, 1, H, W).
        """
        height, width = blur.shape[2:]
        picture_tokens = reflect_to_multiple(self.picture_encoder(blur), _TOKEN_MULTIPLE)
        features = picture_tokens
        for group in self.picture_groups[:_GROUPS_BEFORE]:
            features = group(features)
        features = picture_tokens + features
        quick = _to_pixels(self.quick_picture(features), height, width)

        spike_tokens = reflect_to_multiple(self.spike_encoder(spikes), _TOKEN_MULTIPLE)
        # As published: one group before the picture comes in, and one after.
        spike_features = spike_tokens + self.spike_groups[0](spike_tokens)
        gray = _as_gray(quick)
        mask = self.motion_mask(gray, inverse_intervals)
        masked = reflect_to_multiple(self.masked_encoder(mask * gray), _TOKEN_MULTIPLE)
        fused = self.spike_fusion(spike_features, masked)
        refined = self.spike_groups[1](fused)
        spike_picture = _to_pixels(
            self.spike_picture(fused + self.spike_conv(refined)), height, width
        )

        fused = features = self.picture_fusion(features, refined)
        for group in self.picture_groups[_GROUPS_BEFORE:]:
            features = group(features)
        sharp = _to_pixels(self.sharp_picture(fused + features), height, width)
        return DeblurredPictures(sharp, spike_picture, quick, mask)


class MotionMask(nn.Module):
    """Mask of where a picture shows what the intervals between spikes show at a moment.

    Args:
        width: channels of its features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, width, 3, padding=1)
        self.channel_gain = nn.Conv2d(width + 1, width + 1, 1)
        self.predict = nn.Conv2d(width + 1, 1, 1)

    def forward(self, gray: Tensor, inverse_intervals: Tensor) -> Tensor:
        """Mask (B, 1, h, w) in (0, 1) of gray pictures of this size.

        Inverse intervals are of any size. Differences between both count in relation to the
        smallest and largest of each picture; the authors take those of a whole batch. As published,
        the largest difference itself counts as small.
        """
        intervals = functional.interpolate(
            inverse_intervals, gray.shape[2:], mode="bilinear", align_corners=False
        )
        difference = (gray - intervals).abs()
        smallest, largest = (
            extreme(difference, dim=(1, 2, 3), keepdim=True) for extreme in (torch.amin, torch.amax)
        )
        span = (largest - smallest).clamp(min=torch.finfo(difference.dtype).tiny)
        difference = (difference - smallest) / span
        agrees = (difference <= _SMALL_DIFFERENCE) | (difference == 1)
        features = torch.cat(
            [self.conv(torch.cat([gray, intervals], dim=1)), agrees.to(gray.dtype)], dim=1
        )
        features = features * self.channel_gain(features.mean(dim=(2, 3), keepdim=True))
        return torch.sigmoid(self.predict(features))


def _encoder(in_channels: int, width: int) -> nn.Sequential:
    """Encoder of pictures to tokens, a quarter as fine."""
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 3, stride=2, padding=1),
        nn.GELU(),
        nn.Conv2d(width, width, 3, stride=2, padding=1),
    )


def _to_pixels(features: Tensor, height: int, width: int) -> Tensor:
    """Shuffle features of tokens to pixels, cropped to a size."""
    return functional.pixel_shuffle(features, _TOKEN_PIXELS)[:, :, :height, :width]


def _as_gray(picture: Tensor) -> Tensor:
    """Gray (B, 1, h, w) of a picture (B, 3, h, w), weighed as by the authors."""
    weights = picture.new_tensor([0.2989, 0.587, 0.114])[:, None, None]
    return (picture * weights).sum(dim=1, keepdim=True)

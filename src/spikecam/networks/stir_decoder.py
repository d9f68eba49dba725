"""Decoders of STIR, one a level from coarse to fine: picture and motion refined in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.residual import ResidualBlock
from spikecam.networks.warp import warp

# Two planes of a flow to what is before, two to what is after.
FLOW_PLANES = 4


@dataclass(frozen=True)
class Level:
    """Estimates at one level.

    Attributes:
        picture: (B, 1, H, W).
        flow: (B, 4, H, W), in pixels of this level, to what is before and after.
        start_flow: the flow that the level began with, upsampled from the coarser one; None at the
            coarsest.
        features: for the next finer level.
    """

    picture: Tensor
    flow: Tensor
    start_flow: Tensor | None
    features: Tensor


class TopDecoder(nn.Module):
    """First estimates, at the coarsest level."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fuse = _conv_prelu(channels, channels)
        self.refine = ResidualBlock(channels)
        self.predict = nn.Conv2d(channels, FLOW_PLANES + 1, 3, padding=1)

    def forward(self, features: Tensor) -> Level:
        """Estimate picture and flow from the features of all three moments."""
        features = self.refine(self.fuse(features))
        flow, picture = self.predict(features).split([FLOW_PLANES, 1], dim=1)
        return Level(picture, flow, None, features)


class MiddleDecoder(nn.Module):
    """Estimates at a finer level."""

    def __init__(self, channels: int, coarse_channels: int, hidden_width: int) -> None:
        super().__init__()
        before_fusion = 3 * channels + 1 + hidden_width + FLOW_PLANES
        self.upsample_flow = _upsampling_conv(FLOW_PLANES, FLOW_PLANES)
        self.upsample_hidden = _upsampling_conv(3 * coarse_channels, hidden_width)
        self.fuse = _fusion(before_fusion, 3 * channels)
        self.refine = ResidualBlock(3 * channels)
        self.predict = nn.Conv2d(3 * channels, FLOW_PLANES + 1, 3, padding=1)

    def forward(self, moments: Sequence[Tensor], coarse: Level) -> Level:
        """Estimate from the features of three moments and the level below."""
        before, middle, after = moments
        start_flow = self.upsample_flow(coarse.flow)
        planes = [
            _double(coarse.picture),
            middle,
            *_warp_both(before, after, start_flow),
            self.upsample_hidden(coarse.features),
            start_flow,
        ]
        features = self.refine(self.fuse(torch.cat(planes, dim=1)))
        change, picture = self.predict(features).split([FLOW_PLANES, 1], dim=1)
        return Level(picture, start_flow + change, start_flow, features)


class BottomDecoder(nn.Module):
    """The picture at the full resolution, with further flows beside the upsampled one."""

    def __init__(
        self, channels: int, coarse_channels: int, hidden_width: int, extra_flows: int
    ) -> None:
        super().__init__()
        coarse, group = 3 * coarse_channels, FLOW_PLANES * extra_flows
        self.extra_flows = extra_flows
        self.predict_group = nn.Conv2d(coarse, group, 3, padding=1)
        self.upsample_group = _upsampling_conv(group, group)
        self.upsample_flow = _upsampling_conv(FLOW_PLANES, FLOW_PLANES)
        self.upsample_hidden = _upsampling_conv(coarse, hidden_width)
        warped = channels * (3 + 2 * extra_flows)
        self.fuse = _fusion(warped + 1 + hidden_width + FLOW_PLANES + group, 3 * channels)
        self.refine = ResidualBlock(3 * channels)
        self.predict = nn.Conv2d(3 * channels, 1, 3, padding=1)

    def forward(self, moments: Sequence[Tensor], coarse: Level) -> Tensor:
        """The picture, from the representations of three moments and the level below."""
        before, middle, after = moments
        assert coarse.start_flow is not None
        start_flow = self.upsample_flow(coarse.flow)
        # As published, added to the start flow of the coarser level, not to its refined flow.
        group = self.predict_group(coarse.features)
        group = self.upsample_group(group + coarse.start_flow.repeat(1, self.extra_flows, 1, 1))
        planes = [_double(coarse.picture), middle]
        for flow in (start_flow, *group.split(FLOW_PLANES, dim=1)):
            planes += _warp_both(before, after, flow)
        planes += [self.upsample_hidden(coarse.features), start_flow, group]
        picture: Tensor = self.predict(self.refine(self.fuse(torch.cat(planes, dim=1))))
        return picture


def _conv_prelu(in_channels: int, out_channels: int) -> nn.Sequential:
    """Convolution, then a leaky ReLU whose slopes are trained, one a channel."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.PReLU(out_channels))


def _fusion(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        *_conv_prelu(in_channels, in_channels), *_conv_prelu(in_channels, out_channels)
    )


def _upsampling_conv(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1)


def _double(picture: Tensor) -> Tensor:
    return functional.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False)


def _warp_both(before: Tensor, after: Tensor, flow: Tensor) -> list[Tensor]:
    """What is before and after, warped to the moment between."""
    return [warp(before, flow[:, :2]), warp(after, flow[:, 2:])]

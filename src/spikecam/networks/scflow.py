"""SCFlow, optical flow between two moments of a spike recording (Hu et al., CVPR 2022).

The spikes of a window around each moment are warped to its middle along an initial flow, so that
what moves adds up sharply, and encoded to a pyramid of features. From its coarsest level to full
resolution the second moment's features are warped to the first by the flow so far and correlated
with the first's over small displacements; one estimator, shared by all levels, refines the flow.
0.803320 M parameters.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.scflow import SCFlowConfig, SCFlowInputConfig

_LEAKY_SLOPE = 0.1
# Sides are padded to multiples of this, as the authors do.
_MULTIPLE = 16


class SCFlow(nn.Module):
    """Optical flow network of spikes."""

    def __init__(
        self, config: SCFlowConfig | None = None, input_config: SCFlowInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or SCFlowConfig()
        self.input_config = input_config or SCFlowInputConfig()
        self.representation = ConvPair(config.window, config.representation_width)
        self.encoder = nn.ModuleList(
            ConvPair(before, after, stride=1 if level == 0 else 2)
            for level, (before, after) in enumerate(
                pairwise((config.representation_width, *config.widths))
            )
        )
        # From the coarsest level to full resolution.
        self.reduce = nn.ModuleList(
            nn.Conv2d(width, config.reduced_width, 1) for width in reversed(config.widths)
        )
        planes = (2 * config.radius + 1) ** 2
        self.estimator = FlowEstimator(planes + config.reduced_width + 2, config.estimator_widths)

    def forward(
        self,
        first: Tensor,
        second: Tensor,
        initial_flow: Tensor | None = None,
        spacing: int | None = None,
    ) -> Tensor:
        """Optical flow from a first moment to a second.

        Args:
            first, second: spikes of a window around each, (B, T, H, W). Sides that are no multiples
                of 16 are padded by the edge: rows below, columns half on each side.
            initial_flow: (B, 2, H, W) in pixels, by which spikes within a window are warped; 0
                without it. For the pairs of a sequence it is `propagate_flow` of the last one's.
            spacing: frames between both moments; that of the configuration of the input without it.

        Returns:
            (B, 2, H, W) in pixels, x before y: what is at p in the first moment is at p + flow in
            the second.
        """
        height, width = first.shape[2:]
        down, across = -height % _MULTIPLE, -width % _MULTIPLE
        edges = (across // 2, across - across // 2, 0, down)
        if initial_flow is None:
            initial_flow = first.new_zeros(len(first), 2, height, width)
        first, second, initial_flow = (
            functional.pad(each, edges, mode="replicate") for each in (first, second, initial_flow)
        )
        flow = self.predict_levels(first, second, initial_flow, spacing)[0]
        return flow[:, :, :height, edges[0] : edges[0] + width]

    def predict_levels(
        self, first: Tensor, second: Tensor, initial_flow: Tensor, spacing: int | None = None
    ) -> list[Tensor]:
        """Flows of all levels of the pyramid, from full resolution on, for training.

        The arguments are those of `forward`; sides are multiples of 8. The flow of each level is in
        its own pixels.
        """
        representations = self.represent(first, second, initial_flow, spacing)
        pyramids = [self._encode(each) for each in representations]
        flow = None
        flows: list[Tensor] = []
        for features, other, reduce in zip(
            *(reversed(pyramid) for pyramid in pyramids), self.reduce, strict=True
        ):
            if flow is None:
                flow = features.new_zeros(len(features), 2, *features.shape[2:])
            else:
                flow = functional.interpolate(
                    2 * flow, features.shape[2:], mode="bilinear", align_corners=True
                )
                other = warp(other, flow)
            correlations = functional.leaky_relu(
                correlate(features, other, self.config.radius), _LEAKY_SLOPE
            )
            flow = flow + self.estimator(torch.cat([correlations, reduce(features), flow], dim=1))
            flows.insert(0, flow)
        return flows

    def represent(
        self, first: Tensor, second: Tensor, initial_flow: Tensor, spacing: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Representations of both windows, (B, C, H, W): spikes warped to the middle, encoded."""
        spacing = spacing or self.input_config.spacing
        flows = initial_flow.detach(), propagate_flow(initial_flow.detach())
        one, two = (
            self.representation(_warp_to_middle(spikes, flow, spacing))
            for spikes, flow in zip((first, second), flows, strict=True)
        )
        return one, two

    def _encode(self, representation: Tensor) -> list[Tensor]:
        """Features of all levels, from full resolution on."""
        pyramid = []
        for level in self.encoder:
            representation = level(representation)
            pyramid.append(representation)
        return pyramid


class ConvPair(nn.Module):
    """Two 3x3 convolutions, the first with a stride, with a leaky ReLU after each."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)
        self.second = nn.Conv2d(out_channels, out_channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Apply both convolutions."""
        features = functional.leaky_relu(self.first(features), _LEAKY_SLOPE)
        return functional.leaky_relu(self.second(features), _LEAKY_SLOPE)


class FlowEstimator(nn.Module):
    """Dense convolutions that give a change of flow: each sees what all before it saw and gave."""

    def __init__(self, in_channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.convs = nn.ModuleList()
        for out_channels in (*widths, 2):
            self.convs.append(nn.Conv2d(in_channels, out_channels, 3, padding=1))
            in_channels += out_channels

    def forward(self, features: Tensor) -> Tensor:
        """Estimate the change of flow, (B, 2, H, W)."""
        *hidden, last = self.convs
        for conv in hidden:
            added = functional.leaky_relu(conv(features), _LEAKY_SLOPE)
            features = torch.cat([added, features], dim=1)
        change: Tensor = last(features)
        return change


def warp(features: Tensor, flow: Tensor) -> Tensor:
    """Warp features (B, C, H, W): at every pixel p those at p + flow, bilinear.

    Beyond the edge they are as at the edge. ``flow`` is (B, 2, H, W) in pixels, x before y.
    """
    height, width = features.shape[2:]
    x = torch.arange(width, dtype=flow.dtype, device=flow.device) + flow[:, 0]
    y = torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None] + flow[:, 1]
    grid = torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=-1)
    return functional.grid_sample(
        features, grid, mode="bilinear", padding_mode="border", align_corners=True
    )


def propagate_flow(flow: Tensor) -> Tensor:
    """Flow (B, 2, H, W) brought to where it leads, as the initial flow of the next pair."""
    return warp(flow, -flow)


def correlate(first: Tensor, second: Tensor, radius: int) -> Tensor:
    """Correlate features (B, C, H, W) over displacements up to a radius in x and y.

    The planes (B, (2 radius + 1)^2, H, W) are means over channels of products of the first at p and
    the second at p + (dx, dy), which is 0 beyond the edge, with dx running faster.
    """
    height, width = first.shape[2:]
    padded = functional.pad(second, (radius,) * 4)
    steps = range(2 * radius + 1)
    return torch.stack(
        [
            (first * padded[:, :, dy : dy + height, dx : dx + width]).mean(dim=1)
            for dy in steps
            for dx in steps
        ],
        dim=1,
    )


def _warp_to_middle(spikes: Tensor, flow: Tensor, spacing: int) -> Tensor:
    """Warp each frame of spikes (B, T, H, W) along steady motion to the middle of the window."""
    frames = spikes.shape[1]
    offsets = torch.arange(frames, dtype=flow.dtype, device=flow.device) - frames // 2
    flows = flow[:, None] * (offsets / spacing)[:, None, None, None]
    return warp(spikes.flatten(0, 1)[:, None], flows.flatten(0, 1)).reshape(spikes.shape)

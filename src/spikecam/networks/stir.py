"""STIR, reconstruction by spatio-temporal interactive learning (Fan et al., NeurIPS 2024).

Three parts of a window of spikes, before, around and after its middle, are encoded at five levels.
From the coarsest on, each level estimates the picture and its motion together, the motion to warp
what is before and after to the middle. 5.107960 M parameters.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.batch_norm import BatchNorm
from spikecam.networks.configs.stir import SIDE_MULTIPLE, STIRConfig
from spikecam.networks.residual import ResidualBlock
from spikecam.networks.spikes_input import SpikesInputConfig
from spikecam.networks.stir_attention import CrossAttention, GatedFeedForward
from spikecam.networks.stir_decoder import BottomDecoder, MiddleDecoder, TopDecoder


class STIR(nn.Module):
    """Reconstruction and motion network (STIR).

    ``forward`` takes spikes (B, T, H, W), 0 or 1, and gives pictures (B, 1, H, W) of their middle,
    not clipped; the authors clip them to [0, 1]. Edges are repeated to the next multiples of 16, a
    half on each side, and cut again, as published.
    """

    def __init__(
        self, config: STIRConfig | None = None, input_config: SpikesInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or STIRConfig()
        self.input_config = input_config or SpikesInputConfig()
        widths, hidden = self.config.widths, self.config.hidden_width
        planes = self.config.representation_planes
        self.representation = Representation(self.config.part, self.config.learned_planes)
        self.encoder = Encoder(planes, widths)
        self.cross_attention = CrossAttention(widths[4], self.config.heads)
        self.feed_forward = GatedFeedForward(widths[4], self.config.feed_forward_width)
        self.top = TopDecoder(3 * widths[4])
        self.middle = nn.ModuleList(
            MiddleDecoder(widths[i], widths[i + 1], hidden) for i in (3, 2, 1)
        )
        self.bottom = BottomDecoder(planes, widths[1], hidden, self.config.extra_flows)

    def forward(self, spikes: Tensor) -> Tensor:
        """Pictures in the middle of windows of spikes."""
        height, width = spikes.shape[2:]
        down, across = -height % SIDE_MULTIPLE, -width % SIDE_MULTIPLE
        top, left = down // 2, across // 2
        edges = (left, across - left, top, down - top)
        padded = functional.pad(spikes, edges, mode="replicate")
        picture = self.reconstruct_with_coarser(padded)[0]
        return picture[:, :, top : top + height, left : left + width]

    def reconstruct_with_coarser(self, spikes: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Pictures, and with them those of the coarser levels.

        The coarser ones are from half the height and width to a sixteenth; the published loss asks
        for them to be right, too. Spikes are as of ``forward``, with sides that are multiples of
        16.
        """
        # The three moments as one batch.
        part = self.config.part
        parts = [spikes[:, start : start + part] for start in self.config.part_starts]
        represented = self.representation(torch.cat(parts))
        *finer, coarsest = (features.chunk(3) for features in self.encoder(represented))
        level = self.top(self._relate(*coarsest))
        coarser = [level.picture]
        for decoder, moments in zip(self.middle, reversed(finer), strict=True):
            level = decoder(moments, level)
            coarser.insert(0, level.picture)
        return self.bottom(represented.chunk(3), level), coarser

    def _relate(self, before: Tensor, middle: Tensor, after: Tensor) -> Tensor:
        """Relate the coarsest features of three moments, (B, 3 C, H, W)."""
        related = [self.feed_forward(each) for each in self.cross_attention(before, middle, after)]
        return torch.cat([related[0], middle, related[1]], dim=1)


class Representation(nn.Module):
    """Planes of a part of the spikes (B, T, H, W): means of nested windows, and learned ones."""

    def __init__(self, part: int, learned_planes: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(part, learned_planes, 3, padding=1)
        self.first_norm = BatchNorm(learned_planes)
        self.second = nn.Conv2d(learned_planes, learned_planes, 3, padding=1)
        self.second_norm = BatchNorm(learned_planes)
        self.skip = nn.Conv2d(part, learned_planes, 1)

    def forward(self, spikes: Tensor) -> Tensor:
        """Means, from the longest window to the shortest, then learned planes."""
        learned = functional.relu(self.first_norm(self.first(spikes)))
        learned = self.second_norm(self.second(learned)) + self.skip(spikes)
        return torch.cat([nested_means(spikes), functional.relu(learned)], dim=1)


class Encoder(nn.Module):
    """Features at five resolutions, each half of the one before."""

    def __init__(self, planes: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(planes, widths[0], 7, padding=3), nn.PReLU())
        self.levels = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, 3, stride=2, padding=1), nn.PReLU(), ResidualBlock(after)
            )
            for before, after in pairwise(widths)
        )

    def forward(self, represented: Tensor) -> list[Tensor]:
        """Features at a half, a quarter, an eighth and a sixteenth of the resolution."""
        features: Tensor = self.stem(represented)
        pyramid = []
        for level in self.levels:
            features = level(features)
            pyramid.append(features)
        return pyramid


def nested_means(spikes: Tensor) -> Tensor:
    """Means of windows around the middle of spikes (B, T, H, W), from all frames to a few.

    Each is shorter than the one before by two frames at either end.

    >>> spikes = torch.tensor([1.0, 0, 0, 0, 1, 0, 0])[None, :, None, None]
    >>> [round(mean, 3) for mean in nested_means(spikes).flatten().tolist()]
    [0.286, 0.333]
    """
    frames = spikes.shape[1]
    means = [spikes[:, i : frames - i].mean(dim=1, keepdim=True) for i in range(0, frames // 2, 2)]
    return torch.cat(means, dim=1)

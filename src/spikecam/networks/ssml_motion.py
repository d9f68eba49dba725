"""Motion part of SSML: planes from rates in several windows and from the interval around a moment.

Short windows show what moves, long ones what rests; attention by channel and place (CBAM, Woo et
al. 2018) chooses between them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.blind_unet import EdgeConv
from spikecam.networks.configs.ssml import SSMLConfig
from spikecam.networks.spatial_attention import SpatialAttention


class MotionPart(nn.Module):
    """Features (B, ``motion_width``, H, W) of the motion in spikes (B, T, H, W).

    Where ``blind``, a pixel sees its own row and those above, and nothing is weighed by attention.
    """

    def __init__(self, config: SSMLConfig, *, blind: bool) -> None:
        super().__init__()
        self.reach = config.interval_reach
        width = config.motion_width
        self.means = nn.ModuleList(
            nn.Conv2d(frames, 1, 1, bias=False) for frames in config.motion_windows
        )
        self.embed_rates = EdgeConv(len(config.motion_windows), width, blind=blind)
        self.embed_interval = EdgeConv(1, width, blind=blind)
        self.spatial_gate = None if blind else SpatialAttention()
        self.channel_gate = None if blind else ChannelGate(width, config.gate_width)

    def forward(self, spikes: Tensor) -> Tensor:
        """Compute the features."""
        means = [mean(_middle_frames(spikes, mean)) for mean in self.means]
        rates: Tensor = self.embed_rates(torch.cat(means, dim=1))
        interval: Tensor = self.embed_interval(interval_rates(spikes, self.reach))
        if self.spatial_gate is None or self.channel_gate is None:
            return rates + interval
        features: Tensor = self.spatial_gate(rates) + self.spatial_gate(interval)
        weighed: Tensor = self.channel_gate(features)
        return weighed


class ChannelGate(nn.Module):
    """Channel attention of CBAM with biases, by the mean and maximum of every channel."""

    def __init__(self, channels: int, narrow: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, narrow)
        self.expand = nn.Linear(narrow, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Features weighed channel by channel."""
        weights = self._weigh(features.mean(dim=(2, 3))) + self._weigh(features.amax(dim=(2, 3)))
        return features * torch.sigmoid(weights)[:, :, None, None]

    def _weigh(self, statistics: Tensor) -> Tensor:
        weights: Tensor = self.expand(functional.relu(self.squeeze(statistics)))
        return weights


def interval_rates(spikes: Tensor, reach: int) -> Tensor:
    """Firing rates (B, 1, H, W) by the interval around the middle of spikes (B, T, H, W).

    It is one over the interval from the last spike up to the middle to the first after it. Within
    ``reach`` frames from the middle; where there is no spike, the interval ends there.

    >>> spikes = torch.tensor([0.0, 1, 0, 1, 0])[None, :, None, None]
    >>> interval_rates(spikes, 2).item()
    0.5
    """
    middle = spikes.shape[1] // 2
    nearness = torch.arange(reach, dtype=spikes.dtype, device=spikes.device)[:, None, None]
    before = spikes[:, middle - reach + 1 : middle + 1] * (nearness + 1)
    after = spikes[:, middle + 1 : middle + reach + 1] * nearness.flip(0)
    interval = 2 * reach - before.amax(dim=1, keepdim=True) - after.amax(dim=1, keepdim=True)
    return 1 / interval


def _middle_frames(spikes: Tensor, mean: nn.Module) -> Tensor:
    """As many frames around the middle as a weighted mean takes."""
    assert isinstance(mean, nn.Conv2d)
    start = (spikes.shape[1] - mean.in_channels) // 2
    return spikes[:, start : start + mean.in_channels]

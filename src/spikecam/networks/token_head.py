"""Denoising head: predicts the velocity of each token's latent by its condition and the time.

As in MAR (Li et al., 2024), on which SpikeGen (3.2) is built: a perceptron with adaptive layer
normalisation, of a noisy latent, the time, and the condition of its token.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.diffusion import TIME_STEPS

_FREQUENCIES = 128


class TokenHead(nn.Module):
    """Denoising head: predicts velocity of noisy latents (N, C) by time and condition.

    Args:
        latent_channels: C of the latents.
        condition_channels: channels of the condition.
        width: channels within.
        blocks: residual blocks.
    """

    def __init__(
        self, latent_channels: int, condition_channels: int, width: int, blocks: int
    ) -> None:
        super().__init__()
        self.proj_in = nn.Linear(latent_channels, width)
        self.condition = nn.Linear(condition_channels, width)
        self.time = nn.Sequential(
            nn.Linear(2 * _FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.blocks = nn.ModuleList(_ModulatedBlock(width) for _ in range(blocks))
        self.modulation = nn.Linear(width, 2 * width)
        self.proj_out = nn.Linear(width, latent_channels)
        # Untrained, it predicts zero whatever its input.
        for last in (self.modulation, self.proj_out):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, noisy_latents: Tensor, times: Tensor, condition: Tensor) -> Tensor:
        """Predict the velocity (N, C) of noisy latents at times (N,), by conditions (N, width)."""
        time_condition = functional.silu(
            self.condition(condition) + self.time(_time_embedding(times))
        )
        features = self.proj_in(noisy_latents)
        for block in self.blocks:
            features = block(features, time_condition)
        shift, scale = self.modulation(time_condition).chunk(2, dim=-1)
        velocity: Tensor = self.proj_out(_normalise(features) * (1 + scale) + shift)
        return velocity.float()


class _ModulatedBlock(nn.Module):
    """Residual perceptron modulated by the condition, by adaptive layer normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(width, 3 * width)
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, features: Tensor, time_condition: Tensor) -> Tensor:
        shift, scale, gate = self.modulation(time_condition).chunk(3, dim=-1)
        refined: Tensor = features + gate * self.mlp(_normalise(features) * (1 + scale) + shift)
        return refined


def _normalise(features: Tensor) -> Tensor:
    return functional.layer_norm(features, features.shape[-1:], eps=1e-6)


def _time_embedding(times: Tensor) -> Tensor:
    """Sinusoidal embedding of times at 128 frequencies, (N, 256)."""
    steps = torch.arange(_FREQUENCIES, device=times.device) / _FREQUENCIES
    phases = times.float()[:, None] * torch.exp(-math.log(10 * TIME_STEPS) * steps)
    return torch.cat([phases.cos(), phases.sin()], dim=1)

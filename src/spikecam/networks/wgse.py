"""WGSE, reconstruction guided by the wavelet transform of spikes (Zhang et al., AAAI 2023).

Every pixel's spikes are decomposed along time by five levels of the wavelet db8; the coefficients
of each level go through a small network along time, and the inverse transform gives as many planes
as there were frames, and one more. A residual network without normalisation makes the picture of
them. 3.805575 M parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.configs.wgse import WGSEConfig
from spikecam.networks.residual import ResidualBlock
from spikecam.networks.spikes_input import SpikesInputConfig
from spikecam.networks.wavelet import decompose, reconstruct, reconstructed_length

# Pixels that the networks along time see at once; they need about 4 KB for each.
_PIECE_PIXELS = 1 << 14


class WGSE(nn.Module):
    """Reconstruction network guided by a wavelet transform along time.

    ``forward`` takes spikes (B, T, H, W), zeros and ones as floats, of any height and width, and
    gives pictures (B, 1, H, W) of the middle frame, not negative and not clipped. Their scale is
    that of the weights: the authors' give values of the picture, those of Spike-Zoo firing rates.
    """

    def __init__(
        self, config: WGSEConfig | None = None, input_config: SpikesInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or WGSEConfig()
        self.input_config = input_config or SpikesInputConfig()
        temporal_width, width = self.config.temporal_width, self.config.width
        self.details = nn.ModuleList(
            CoefficientNetwork(temporal_width) for _ in range(self.config.levels)
        )
        self.approximation = CoefficientNetwork(temporal_width)
        self.head = nn.Conv2d(reconstructed_length(self.config.window), width, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(self.config.blocks))
        self.tail = nn.Sequential(
            nn.Conv2d(width, self.config.tail_width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(self.config.tail_width, 1, 3, padding=1),
            nn.ReLU(inplace=True),
        )

    def forward(self, spikes: Tensor) -> Tensor:
        """Reconstruct pictures from the spikes around a frame."""
        features = functional.relu(self.head(self.filter_spikes(spikes)))
        for block in self.blocks:
            features = functional.relu(block(features))
        pictures: Tensor = self.tail(features)
        return pictures

    def filter_spikes(self, spikes: Tensor) -> Tensor:
        """Filter spikes (B, T, H, W) along time, by their wavelet coefficients: (B, T + 1, H, W).

        Pixels do not depend on each other, and are filtered a piece at a time.
        """
        batch, frames, height, width = spikes.shape
        signals = spikes.permute(0, 2, 3, 1).reshape(-1, 1, frames)
        filtered = torch.cat(
            [self._filter_signals(piece) for piece in torch.split(signals, _PIECE_PIXELS)]
        )
        return filtered.reshape(batch, height, width, -1).permute(0, 3, 1, 2).contiguous()

    def _filter_signals(self, signals: Tensor) -> Tensor:
        """Filter signals (N, 1, T): (N, 1, T + 1)."""
        approximation, details = decompose(signals, self.config.levels)
        filtered = [network(detail) for network, detail in zip(self.details, details, strict=True)]
        return reconstruct(self.approximation(approximation), filtered)


class CoefficientNetwork(nn.Module):
    """Network along time of the coefficients of one level, (N, 1, n) to the same, not negative."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        self.last = nn.Conv1d(width, 1, 3, padding=1)

    def forward(self, coefficients: Tensor) -> Tensor:
        """Filter coefficients; each channel of the block adds them to its own."""
        features = self.second(functional.relu(self.first(coefficients), inplace=True))
        features = functional.relu(features + coefficients, inplace=True)
        return functional.relu(self.last(features), inplace=True)

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
from spikecam.networks.wavelet import reconstructed_length, wavelet_matrices

# Signals that the networks along time see at once; they need about 8 KB for each.
_PIECE_SIGNALS = 1 << 12
# Spikes of so many frames are one integer of 64 bits.
_MAX_KEY_FRAMES = 62


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

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most."""
        return 3 + 2 * len(self.blocks)

    def forward(self, spikes: Tensor) -> Tensor:
        """Reconstruct pictures from the spikes around a frame."""
        return self.reconstruct_filtered(self.filter_spikes(spikes))

    def reconstruct_filtered(self, filtered: Tensor) -> Tensor:
        """Reconstruct pictures from filtered spikes, see `filter_spikes`."""
        features = functional.relu(self.head(filtered), inplace=True)
        for block in self.blocks:
            features = functional.relu(block(features), inplace=True)
        pictures: Tensor = self.tail(features)
        return pictures

    def filter_spikes(self, spikes: Tensor) -> Tensor:
        """Filter spikes (B, T, H, W) along time, by their wavelet coefficients: (B, T + 1, H, W).

        Pixels do not depend on each other: those that fire in the same frames are filtered once,
        and a piece of them at a time.
        """
        batch, frames, height, width = spikes.shape
        signals = spikes.transpose(0, 1).reshape(frames, -1)
        places: Tensor | None = None
        if frames <= _MAX_KEY_FRAMES:
            signals, places = _different_signals(signals)
        matrices = wavelet_matrices(self.config.window, self.config.levels, signals)
        pieces = torch.split(signals, _PIECE_SIGNALS, dim=1)
        filtered = torch.cat([self._filter_signals(piece, *matrices) for piece in pieces], dim=1)
        if places is not None:
            filtered = filtered.index_select(1, places)
        return filtered.reshape(-1, batch, height, width).transpose(0, 1)

    def _filter_signals(
        self, signals: Tensor, analysis: Tensor, synthesis: Tensor, lengths: list[int]
    ) -> Tensor:
        """Filter signals (T, N): (T + 1, N), by the matrices of the wavelet transform."""
        coefficients = torch.split(analysis @ signals, lengths)
        networks = [self.approximation, *self.details]
        filtered = [network(one) for network, one in zip(networks, coefficients, strict=True)]
        return synthesis @ torch.cat(filtered)


class CoefficientNetwork(nn.Module):
    """Network along time of the coefficients of one level, (n, N) to the same, not negative."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        self.last = nn.Conv1d(width, 1, 3, padding=1)

    def forward(self, coefficients: Tensor) -> Tensor:
        """Filter coefficients; each channel of the block adds them to its own."""
        picture = coefficients[None, None].contiguous(memory_format=torch.channels_last)
        features = functional.relu(_convolve_columns(picture, self.first), inplace=True)
        features = _convolve_columns(features, self.second) + picture
        features = _convolve_columns(functional.relu(features, inplace=True), self.last)
        return functional.relu(features[0, 0], inplace=True)


def _convolve_columns(picture: Tensor, conv: nn.Conv1d) -> Tensor:
    """Convolve the columns of a picture, faster than as many signals by themselves."""
    return functional.conv2d(picture, conv.weight[..., None], conv.bias, padding=(1, 0))


def _different_signals(signals: Tensor) -> tuple[Tensor, Tensor]:
    """Different ones (T, M) among signals of zeros and ones (T, N), and which of them each is."""
    bits = torch.arange(len(signals), device=signals.device)[:, None]
    keys, places = torch.unique((signals.long() << bits).sum(dim=0), return_inverse=True)
    return (keys >> bits & 1).to(signals.dtype), places

"""SSIR, a spiking network that reconstructs pictures (Zhao et al., TCSVT 2023).

All but the head are convolutions whose outputs are spikes of leaky neurons: one step of time for
each window of frames. The neurons' potentials may stay from one picture to the next, as published
for sequences of pictures 20 frames apart. 0.381542 M parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikecam.networks.batch_norm import BatchNorm
from spikecam.networks.configs.ssir import SSIRConfig
from spikecam.networks.spikes_input import SpikesInputConfig
from spikecam.networks.spiking_neurons import SpikingNeurons


class SSIR(nn.Module):
    """Spiking reconstruction network (SSIR).

    ``forward`` takes spikes (B, T, H, W), 0 or 1, and gives pictures (B, 1, H, W) of their middle,
    not clipped, by neurons at rest. Of an odd height or width the last row or column is repeated
    before, and cut after; the authors take even ones alone.

    Attributes:
        multiple: at multiples of so many pixels, tiles begin at whole pixels of the coarse grid.
        has_thresholds: whether a rounding error can change what fires, so that convolutions have to
            be summed as in training.
    """

    multiple, has_thresholds = 2, True

    def __init__(
        self, config: SSIRConfig | None = None, input_config: SpikesInputConfig | None = None
    ) -> None:
        super().__init__()
        self.config = config or SSIRConfig()
        self.input_config = input_config or SpikesInputConfig()
        width, narrow = self.config.width, self.config.narrow_width
        wide, head = self.config.decoder_width, self.config.head_width
        self.first = SpikingLayer(nn.Conv2d(self.config.window, width, 3, padding=1, bias=False))
        self.down = SpikingLayer(nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False))
        self.block = nn.ModuleList(
            [
                SpikingLayer(nn.Conv2d(width, narrow, 1, bias=False)),
                SpikingLayer(nn.Conv2d(narrow, narrow, 3, padding=1, bias=False)),
                SpikingLayer(nn.Conv2d(narrow, width, 1, bias=False)),
            ]
        )
        self.up = SpikingLayer(nn.ConvTranspose2d(width, wide, 4, stride=2, padding=1, bias=False))
        # What the first pads is used up by all four.
        self.head = nn.Sequential(
            nn.Conv2d(wide, head, 3, padding=4, bias=False),
            BatchNorm(head),
            nn.Conv2d(head, head, 3, bias=False),
            BatchNorm(head),
            nn.Conv2d(head, head, 3, bias=False),
            BatchNorm(head),
        )
        self.predict = nn.Conv2d(head, 1, 3, bias=False)

    @property
    def receptive_radius(self) -> int:
        """How far a pixel of the result sees, in pixels, at most."""
        head, up, block, down, first = 4, 2, 2, 1, 1
        return head + up + block + down + first

    def forward(self, spikes: Tensor) -> Tensor:
        """Pictures in the middle of windows of spikes, each by itself."""
        return self.step(spikes)[0]

    def step(
        self, spikes: Tensor, potentials: Sequence[Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Pictures, and the potentials of all neurons after them, for the next of a sequence.

        ``potentials`` are those after the picture before; None before the first of a sequence.
        """
        height, width = spikes.shape[2:]
        features = functional.pad(spikes, (0, width % 2, 0, height % 2), mode="replicate")
        state = _PotentialState(potentials)
        down = state.update(self.down, state.update(self.first, features))
        features = down
        for layer in self.block:
            features = state.update(layer, features)
        features = state.update(self.up, down + features)
        picture: Tensor = self.predict(self.head(features))
        return picture[:, :, :height, :width], tuple(state.after)


class SpikingLayer(nn.Module):
    """A convolution, normalised, whose output drives neurons."""

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d) -> None:
        super().__init__()
        self.conv = conv
        self.norm = BatchNorm(conv.out_channels)
        self.neurons = SpikingNeurons()

    def forward(self, features: Tensor, potential: Tensor | None) -> tuple[Tensor, Tensor]:
        """Spikes of the neurons, and the potential that they leave."""
        spikes, after = self.neurons(self.norm(self.conv(features)), potential)
        return spikes, after


class _PotentialState:
    """Potentials of successive layers, before and after one step of time."""

    def __init__(self, before: Sequence[Tensor] | None) -> None:
        self.before = before
        self.after: list[Tensor] = []

    def update(self, layer: nn.Module, features: Tensor) -> Tensor:
        """Run the next layer for one step of time."""
        potential = None if self.before is None else self.before[len(self.after)]
        spikes, after = layer(features, potential)
        self.after.append(after)
        assert isinstance(spikes, torch.Tensor)
        return spikes

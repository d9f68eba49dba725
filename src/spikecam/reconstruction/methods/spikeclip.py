"""Declaration of the method `spikeclip`, by the network of `spikecam.networks.lrn`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecam.networks.configs.lrn import LRNInputConfig
from spikecam.reconstruction.window_network import read_spikes, window_network_method
from spikecam.stream import Span, SpikeStream

if TYPE_CHECKING:
    from torch import Tensor


def read_frame_sums(config: LRNInputConfig, stream: SpikeStream, span: Span) -> Tensor:
    """Sums of successive frames of (start, stop), (1, N, H, W)."""
    from spikecam.networks.lrn import sum_frames

    return sum_frames(read_spikes(config, stream, span), config.frames)


METHOD = window_network_method(
    "spikeclip",
    "SpikeCLIP's network, pictures of no certain brightness; with weights of your own",
    "Chen et al., AAAI 2025",
    kind="lrn",
    read_input=read_frame_sums,
)

"""Declaration of the method `bsf`, by the network of `spikecam.networks.bsf`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecam.networks.configs.bsf import BSFInputConfig
from spikecam.reconstruction.interval_maps import interval_maps
from spikecam.reconstruction.window_network import window_network_method
from spikecam.stream import Span, SpikeStream

if TYPE_CHECKING:
    from torch import Tensor


def read_interval_maps(config: BSFInputConfig, stream: SpikeStream, span: Span) -> Tensor:
    """Interval maps of the frames (start, stop), (1, 4, T, H, W)."""
    import torch

    start = max(0, span[0] - config.margin)
    spikes = np.asarray(stream[start : min(len(stream), span[1] + config.margin)])
    maps = interval_maps(spikes, (span[0] - start, span[1] - start), config)
    return torch.from_numpy(maps)[None]


METHOD = window_network_method(
    "bsf",
    "BSF, intervals between spikes and aligned windows; with weights of your own",
    "Zhao et al., CVPR 2024",
    read_input=read_interval_maps,
    margin=lambda config: config.margin,
)

"""Input of the refocuser, for training and inference."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from spikecam.fixed_pattern import FixedPattern
from spikecam.networks.configs.refocuser import RefocuserInputConfig
from spikecam.picture import Picture
from spikecam.reconstruction.band_energies import band_energies
from spikecam.reconstruction.multi_scale_rates import multi_scale_rates
from spikecam.reconstruction.wiener import deconvolve
from spikecam.stream import SpikeStream
from spikecam.tiles import UNIT_PIXELS, pad_to_unit


class RefocuserInput:
    """Input tensors of `spikecam.networks.refocuser.Refocuser`, by the constants of its weights.

    Args:
        config: ``input_config`` of the network.
    """

    def __init__(self, config: RefocuserInputConfig | None = None) -> None:
        self.config = config or RefocuserInputConfig()

    def build(
        self, stream: SpikeStream, frame: int, window: int, *, fpn: FixedPattern | None = None
    ) -> dict[str, Tensor]:
        """Input of one moment, by name, without the batch's axis; arguments as for `rates`."""
        return self.features(self.rates(stream, frame, window, fpn=fpn), window)

    def rates(
        self, stream: SpikeStream, frame: int, window: int, *, fpn: FixedPattern | None = None
    ) -> Picture:
        """Firing rates of a moment, see `multi_scale_rates`."""
        return multi_scale_rates(stream, frame, window, self.config, fpn=fpn)

    def features(self, rates: Picture, window: int) -> dict[str, Tensor]:
        """Input of the network by firing rates, by name, without the batch's axis.

        Args:
            rates: of the moment, (5, H, W); the last is the exact one.
            window: how many frames they are of.

        Returns:
            ``rates`` and ``deconvolved`` on whole cells, of which sides are continued to multiples
            of 8; ``energies``; and the scalars ``brightness`` and ``frames``.
        """
        exact = rates[-1]
        edges = [(0, -side % UNIT_PIXELS) for side in exact.shape]
        maps = {"rates": rates, "deconvolved": deconvolve(exact, self.config)}
        energies = band_energies(np.pad(exact, edges, mode="symmetric"), self.config)
        return {
            **{
                name: pad_to_unit(torch.from_numpy(planes)[None])[0]
                for name, planes in maps.items()
            },
            "energies": torch.from_numpy(energies),
            "brightness": torch.tensor(float(exact.mean())),
            "frames": torch.tensor(float(window)),
        }

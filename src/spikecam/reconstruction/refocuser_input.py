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
from spikecam.reconstruction.wiener import wiener_deconvolve
from spikecam.stream import SpikeStream
from spikecam.tiles import UNIT_PIXELS, pad_to_whole_units


class RefocuserInput:
    """Builds the input tensors of `spikecam.networks.refocuser.Refocuser`.

    Args:
        config: ``input_config`` of the network.
    """

    def __init__(self, config: RefocuserInputConfig | None = None) -> None:
        self.config = config or RefocuserInputConfig()

    def tensors_from_stream(
        self, stream: SpikeStream, frame: int, window: int, *, fpn: FixedPattern | None = None
    ) -> dict[str, Tensor]:
        """Input tensors of one frame by name, without a batch axis; arguments as for `rates`."""
        return self.tensors_from_rates(self.rates(stream, frame, window, fpn=fpn), window)

    def rates(
        self, stream: SpikeStream, frame: int, window: int, *, fpn: FixedPattern | None = None
    ) -> Picture:
        """Firing rates around a frame in windows of several lengths, see `multi_scale_rates`."""
        return multi_scale_rates(stream, frame, window, self.config, fpn=fpn)

    def tensors_from_rates(self, rates: Picture, window: int) -> dict[str, Tensor]:
        """Input tensors by name from firing rates in windows of several lengths.

        Args:
            rates: of the moment, (5, H, W); the last is the exact one.
            window: how many frames they are of.

        Returns:
            ``rates`` and ``deconvolved`` on whole cells, of which sides are continued to multiples
            of 8; ``energies``; and the scalars ``brightness`` and ``frames``.
        """
        exact = rates[-1]
        edges = [(0, -side % UNIT_PIXELS) for side in exact.shape]
        maps = {"rates": rates, "deconvolved": wiener_deconvolve(exact, self.config)}
        energies = band_energies(np.pad(exact, edges, mode="symmetric"), self.config)
        return {
            **{
                name: pad_to_whole_units(torch.from_numpy(planes)[None])[0]
                for name, planes in maps.items()
            },
            "energies": torch.from_numpy(energies),
            "brightness": torch.tensor(float(exact.mean())),
            "frames": torch.tensor(float(window)),
        }

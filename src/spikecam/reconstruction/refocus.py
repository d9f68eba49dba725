"""Inference of the refocuser: firing rates of a moment to the picture in focus, by tiles."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from spikecam.io.paths import PathLike
from spikecam.networks.refocuser import Refocuser
from spikecam.picture import Picture
from spikecam.reconstruction.clues import clues
from spikecam.resources import pick_device
from spikecam.tiles import Tile, computing, tiles, together
from spikecam.weights.store import load_weights

# Side of the parts of pictures that are larger. It is less than that of other networks, since each
# part is computed with a wide border: the network sees far.
_SIDE = 1024


def load_refocuser(weights: PathLike = "defocus", device: str = "auto") -> Refocuser:
    """The network on its device.

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: an unknown name of weights, or of a device.
    """
    network, _ = load_weights(weights, "refocuser")
    assert isinstance(network, Refocuser)
    network.to(pick_device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def restored(
    network: Refocuser, rates: Picture, window: int, *, tile: int | None = None
) -> Picture:
    """What the network makes of the rates of a moment (5, H, W), in parts: (H, W) in [0, 1]."""
    if not rates.any():
        return np.zeros(rates.shape[1:], np.float32)
    device = next(network.parameters()).device
    height, width = rates.shape[1:]
    given = {name: one[None] for name, one in clues(rates, window).items()}
    maps = {name: one for name, one in given.items() if one.ndim == 4}
    told = {name: one.to(device) for name, one in given.items() if one.ndim == 1}
    parts = tiles(maps["rates"].shape[2:], tile or _SIDE, network.reach)

    def compute(part: Tile) -> tuple[Tensor]:
        seen = {name: part.of(one).to(device) for name, one in maps.items()}
        return (network(**seen, **told),)

    with computing(device, exact=False):
        (found,) = together(parts, compute)
    picture: Picture = found[0, 0, :height, :width].float().clamp(0, 1).cpu().numpy()
    return np.ascontiguousarray(picture)

"""What the refocuser is given of a moment, in training and in use."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from spikecam.picture import Picture
from spikecam.reconstruction.spectrum import energies
from spikecam.reconstruction.wiener import deconvolved
from spikecam.tiles import UNIT, padded


def clues(rates: Picture, window: int) -> dict[str, Tensor]:
    """What `spikecam.networks.refocuser.Refocuser` takes, by name, without the batch's axis.

    Args:
        rates: of the moment, as `spikecam.reconstruction.integrations` has them, (5, H, W).
        window: how many frames they are of.

    Returns:
        Maps on whole cells: sides are continued to multiples of 8.
    """
    exact = rates[-1]
    around = [(0, -side % UNIT) for side in exact.shape]
    maps = {"rates": rates, "deconvolved": deconvolved(exact)}
    return {
        **{name: padded(torch.from_numpy(one)[None])[0] for name, one in maps.items()},
        "energies": torch.from_numpy(energies(np.pad(exact, around, mode="symmetric"))),
        "brightness": torch.tensor(float(exact.mean())),
        "frames": torch.tensor(float(window)),
    }

"""How well deblurred pictures foretell spikes that the network did not see; no truth is needed.

As in Noise2Void (Krull et al. 2019): at every third pixel each way, all that the network is told of
the spikes is taken from the pixels around. What the pixel itself measured, SDM's ratio, then has
noise of its own, which no network can foretell: of two networks, the one whose pictures come
closer to it is better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikecam.data.layouts import SCALE, Pair
from spikecam.deblurring.methods import exposure_of, spread_frames
from spikecam.deblurring.ratios import Maps, Ratios
from spikecam.deblurring.tiles import UNIT, as_tensor, computing
from spikecam.networks.refiner import Refiner
from spikecam.train.stage import as_gray

# Pixels from one that is hidden to the next.
_APART = 3


def blind_error(network: Refiner, pairs: Sequence[Pair], *, moments: int = 3) -> float:
    """Root mean square error at hidden pixels, in gray levels from 0 to 1.

    Args:
        network: on any device.
        pairs: that it was not trained with.
        moments: how many of each exposure.
    """
    errors = []
    device = next(network.parameters()).device
    for pair in pairs:
        stream = pair.stream()
        span = exposure_of(stream)
        ratios = Ratios(stream, span)
        blur = as_tensor(pair.blurry_picture())
        height, width = (side // UNIT * UNIT for side in blur.shape[2:])
        blur = blur[:, :, :height, :width].to(device)
        gray = functional.avg_pool2d(as_gray(blur), SCALE)
        rows, columns = gray.shape[2:]
        hidden = torch.zeros(rows, columns, dtype=torch.bool)
        hidden[1:-1:_APART, 1:-1:_APART] = True

        def told(maps: Maps, hidden: Tensor = hidden) -> Tensor:
            held = torch.from_numpy(maps)[None, :, : hidden.shape[0], : hidden.shape[1]]
            return _without(held, hidden).to(device)

        with computing(device, exact=False):
            features = network.encode(blur, told(ratios.exposure()))
            for frame in spread_frames(stream, moments, span):
                moment = ratios.moment(frame)
                sharp = network.refine(blur, features, told(moment)).float().clamp(0, 1)
                seen = functional.avg_pool2d(as_gray(sharp), SCALE)[0, 0].cpu()
                measured = torch.from_numpy(moment[-1, :rows, :columns]).exp() * gray[0, 0].cpu()
                # White is as bright as a picture gets, whatever the spikes say.
                errors.append((seen - measured.clamp(max=1))[hidden].square().mean().item())
    return float(np.sqrt(np.mean(errors)))


def _without(maps: Tensor, hidden: Tensor) -> Tensor:
    """Maps (1, C, H, W) whose hidden pixels are the mean of the eight around each."""
    around = torch.ones(maps.shape[1], 1, 3, 3) / 8
    around[:, :, 1, 1] = 0
    means = functional.conv2d(maps, around, padding=1, groups=maps.shape[1])
    return torch.where(hidden, means, maps)

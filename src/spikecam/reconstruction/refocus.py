"""Inference of the refocuser: firing rates of a moment to the picture in focus, by tiles."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from spikecam.networks.refocuser import Refocuser
from spikecam.picture import Picture
from spikecam.reconstruction.refocuser_input import RefocuserInput
from spikecam.tiles import Tile, inference_context, split_into_tiles, stitch

# Side of the parts of pictures that are larger. It is less than that of other networks, since each
# part is computed with a wide border: the network sees far.
_TILE_PIXELS = 1024


def refocus(network: Refocuser, rates: Picture, window: int, *, tile: int | None = None) -> Picture:
    """Run the refocuser tile by tile: the picture in focus, (H, W) in [0, 1].

    Args:
        network: on its device.
        rates: of the moment, (5, H, W), as `RefocuserInput.rates` makes them.
        window: how many frames they are of.
        tile: side in pixels of the parts that are computed one after another; by default 1024.
    """
    if not rates.any():
        return np.zeros(rates.shape[1:], np.float32)
    device = next(network.parameters()).device
    height, width = rates.shape[1:]
    features = RefocuserInput(network.input_config).tensors_from_rates(rates, window)
    inputs = {name: values[None] for name, values in features.items()}
    maps = {name: values for name, values in inputs.items() if values.ndim == 4}
    scalars = {name: values.to(device) for name, values in inputs.items() if values.ndim == 1}
    parts = split_into_tiles(
        maps["rates"].shape[2:], tile or _TILE_PIXELS, network.receptive_radius
    )

    def compute(part: Tile) -> tuple[Tensor]:
        cropped = {name: part.crop(values).to(device) for name, values in maps.items()}
        return (network(**cropped, **scalars),)

    with inference_context(device, full_precision=False):
        (restored,) = stitch(parts, compute)
    picture: Picture = restored[0, 0, :height, :width].float().clamp(0, 1).cpu().numpy()
    return np.ascontiguousarray(picture)

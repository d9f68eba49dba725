"""Inference of networks that deblur photographs without spikes, on pictures of any size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from spikecam.networks.padding import reflect_to_multiple
from spikecam.picture import Picture, as_floats
from spikecam.tiles import (
    Tile,
    inference_context,
    picture_to_tensor,
    split_into_tiles,
    stitch,
    tensor_to_picture,
)


class PhotoDeblurrer:
    """Deblurs pictures of any size by a network that knows no spikes.

    Args:
        network: that takes a photograph alone, on its device.
        tile: side of the parts that large pictures are computed in, where the network has a
            receptive field; GKMNet, whose attention sees whole rows and columns, computes whole
            pictures.
    """

    def __init__(self, network: Any, *, tile: int | None = None) -> None:
        split_into_tiles((0, 0), tile, 0)  # refuses a tile that cannot be
        self.network, self.tile = network, tile
        self.device = next(network.parameters()).device

    def __call__(self, picture: Picture) -> Picture:
        """The deblurred picture, (H, W) or (H, W, 3) in [0, 1] as the picture is."""
        blur = picture_to_tensor(as_floats(picture)).to(self.device)
        with inference_context(self.device, full_precision=True):
            return tensor_to_picture(self._deblur(blur), picture)

    def _deblur(self, blur: Tensor) -> Tensor:
        radius: int | None = getattr(self.network, "receptive_radius", None)
        if radius is None:
            return torch.as_tensor(self.network(blur))
        height, width = blur.shape[2:]
        padded = reflect_to_multiple(blur, self.network.multiple, self.network.min_side)
        tiles = split_into_tiles(padded.shape[2:], self.tile, radius, self.network.multiple)

        def deblur_tile(tile: Tile) -> tuple[Tensor]:
            return (self.network(tile.crop(padded)),)

        (sharp,) = stitch(tiles, deblur_tile)
        return sharp[:, :, :height, :width]

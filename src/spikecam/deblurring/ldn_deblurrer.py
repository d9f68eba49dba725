"""Inference of LDN: a blurry picture of any size through the network, frame after frame."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikecam.networks.configs.ldn import PICTURE_SCALE
from spikecam.networks.ldn import LDN, pool_channels
from spikecam.picture import Picture
from spikecam.tiles import (
    Tile,
    inference_context,
    picture_to_tensor,
    split_into_tiles,
    stitch,
    tensor_to_picture,
)


class LDNDeblurrer:
    """Deblurs one picture by LDN. What all its moments share is computed once.

    Args:
        network: on its device.
        blur: the picture.
        tile: side of the parts that are computed one after another.
        full_precision: float32 throughout, where bfloat16 would be faster.
    """

    def __init__(
        self, network: LDN, blur: Picture, *, tile: int | None = None, full_precision: bool = False
    ) -> None:
        self.network, self.blur, self.full_precision = network, blur, full_precision
        self.device = next(network.parameters()).device
        picture = picture_to_tensor(blur)
        self.size = picture.shape[2:]
        down, across = (-side % PICTURE_SCALE for side in self.size)
        padded = functional.pad(picture, (0, across, 0, down), mode="replicate")
        padded = padded.to(self.device, memory_format=torch.channels_last)
        self.tiles = split_into_tiles(padded.shape[2:], tile, network.receptive_radius)
        with inference_context(self.device, full_precision=full_precision):
            self.shared = stitch(self.tiles, lambda tile: network.encode(tile.crop(padded)))

    def deblur(self, window_spikes: np.ndarray) -> Picture:
        """The sharp picture at the middle frame of the spikes (T, H, W), 0 or 1."""
        window = torch.from_numpy(window_spikes).to(self.device, torch.float32)[None]
        window = window.contiguous(memory_format=torch.channels_last)

        def refine(tile: Tile) -> tuple[Tensor]:
            features, base, window_spikes = map(tile.crop, (*self.shared, window))
            return (self.network.refine((features, base), window_spikes, pooled),)

        with inference_context(self.device, full_precision=self.full_precision):
            pooled = self._pool_channels_by_tile(window) if len(self.tiles) > 1 else None
            (whole,) = stitch(self.tiles, refine)
        return tensor_to_picture(whole[:, :, : self.size[0], : self.size[1]], self.blur)

    def _pool_channels_by_tile(self, spikes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and maximum of every channel over the whole picture, tile by tile."""
        total, maximum, pixels = None, None, 0
        for tile in self.tiles:
            features = self.network.encode_and_join_spikes(
                tile.crop(self.shared[0]), tile.crop(spikes)
            )
            rows, columns = (
                slice(s.start // PICTURE_SCALE, s.stop // PICTURE_SCALE) for s in tile.valid_area
            )
            features = features[:, :, rows, columns]
            area = features.shape[2] * features.shape[3]
            tile_mean, tile_maximum = pool_channels(features.float())
            total = tile_mean * area if total is None else total + tile_mean * area
            maximum = tile_maximum if maximum is None else torch.maximum(maximum, tile_maximum)
            pixels += area
        assert total is not None
        assert maximum is not None
        return total / pixels, maximum

"""Inference of `refined`: a blurry picture of any size through the refiner, frame after frame."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.deblurring.blurry_picture import BlurryPicture
from spikecam.deblurring.log_rate_ratios import LogRateRatios, Maps
from spikecam.deblurring.refiner_input import RefinerInput, prepare_picture
from spikecam.networks.refiner import GRID_PIXELS, Refiner
from spikecam.picture import Picture
from spikecam.tiles import (
    Tile,
    inference_context,
    pad_to_whole_units,
    picture_to_tensor,
    split_into_tiles,
    stitch,
    tensor_to_picture,
)


class RefinerDeblurrer:
    """Deblurs one picture by a refiner. What all its moments share is computed once.

    Args:
        network: on its device.
        blur: the picture.
        ratios: of its recording; they become those of the picture's encoding.
        tile: side of the parts that are computed one after another.
        full_precision: float32 throughout, where bfloat16 would be faster.
    """

    def __init__(
        self,
        network: Refiner,
        blur: BlurryPicture,
        ratios: LogRateRatios,
        *,
        tile: int | None = None,
        full_precision: bool = False,
    ) -> None:
        self.network, self.full_precision = network, full_precision
        self.picture = prepare_picture(blur, ratios)
        self.blur = self.picture.values
        self.device = next(network.parameters()).device
        height, width = ratios.rate.shape
        picture = picture_to_tensor(self.blur)
        if blur.shape[0] < network.input_config.min_scale * height:
            picture = _resized(picture, (GRID_PIXELS * height, GRID_PIXELS * width)).clamp(0, 1)
        self.size = picture.shape[2:]
        whole = pad_to_whole_units(picture)
        self.input = RefinerInput(
            whole[0].permute(1, 2, 0).numpy(),
            ratios,
            flow_warp=network.config.flow_warp,
            size=self.size,
            device=str(self.device),
        )
        maps = self._maps_on_network_grid(self.input.exposure_maps(), whole.shape[2:])
        self.padded = whole.to(self.device, memory_format=torch.channels_last)
        self.whole = whole.shape[2:]
        self.tiles = split_into_tiles(self.whole, tile, network.receptive_radius)
        with inference_context(self.device, full_precision=full_precision):
            self.features = stitch(
                self.tiles, lambda tile: network.encode(tile.crop(self.padded), tile.crop(maps))
            )

    def deblur(self, frame: int) -> Picture:
        """The sharp picture at a frame, encoded as the blurry one; values may exceed 1."""
        inputs = self.input.frame_input(frame)
        moment = self._maps_on_network_grid(inputs.maps, self.whole)
        warped = None
        if inputs.levels is not None and inputs.flows is not None:
            levels = torch.from_numpy(inputs.levels)[None].to(self.device)
            warped = levels, self._maps_on_network_grid(inputs.flows, self.whole)

        def refine(tile: Tile) -> tuple[Tensor]:
            parts = (self.padded, *self.features, moment)
            picture, *features, maps = map(tile.crop, parts)
            part = None
            if warped is not None:
                rows, columns = tile.input_area_on_grid(GRID_PIXELS)
                part = warped[0][:, rows, columns], tile.crop(warped[1])
            return (self.network.refine(picture, features, maps, part),)

        with inference_context(self.device, full_precision=self.full_precision):
            (whole,) = stitch(self.tiles, refine)
        whole = whole[:, :, : self.size[0], : self.size[1]]
        if self.size != self.blur.shape[:2]:
            whole = _resized(whole, self.blur.shape[:2])
        return self.picture.restore(tensor_to_picture(whole, self.blur))

    def _maps_on_network_grid(self, maps: Maps, padded_size: Sequence[int]) -> Tensor:
        """Resample maps to the grid of the network, a quarter as fine as the padded picture."""
        tensor = torch.from_numpy(maps)[None].to(self.device)
        height, width = (side // GRID_PIXELS for side in padded_size)
        if (GRID_PIXELS * maps.shape[1], GRID_PIXELS * maps.shape[2]) == tuple(self.size):
            edges = (0, width - maps.shape[2], 0, height - maps.shape[1])
            tensor = functional.pad(tensor, edges, mode="replicate")
        else:
            y, x = (
                (torch.arange(n, device=self.device) + 0.5) * (2 * GRID_PIXELS / side) - 1
                for n, side in zip((height, width), self.size, strict=True)
            )
            grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1)[None]
            tensor = functional.grid_sample(tensor, grid, "bicubic", "border", align_corners=False)
        return tensor.contiguous(memory_format=torch.channels_last)


def _resized(picture: Tensor, size: Sequence[int]) -> Tensor:
    return functional.interpolate(picture, size=tuple(size), mode="bicubic", antialias=True)

"""Inference of `refined`: a blurry picture of any size through the refiner, frame after frame."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

import torch
from torch import Tensor
from torch.nn import functional

from spikecam.deblurring.ratios import Maps, Ratios
from spikecam.deblurring.trails import Trails
from spikecam.networks.refiner import SCALE, Refiner
from spikecam.picture import Picture
from spikecam.resources import pick_device
from spikecam.tiles import (
    Tile,
    as_pixels,
    as_tensor,
    computing,
    padded,
    tiles,
    together,
)
from spikecam.weights.store import load_weights

# Pictures less than this many times as fine as the spikes are enlarged for the network, so that
# no spikes are averaged away.
_LEAST = 3.0


def load_refiner(weights: str | PathLike[str] = "refined", device: str = "auto") -> Refiner:
    """The network of `refined` with its weights, on its device.

    Args:
        weights: a name of those that ship, or a file.
        device: "auto", "cpu", "cuda", ...

    Raises:
        FileError: weights that cannot be read, or of another network.
        OptionError: no weights of that name, or no such device.
    """
    network, _ = load_weights(weights, "refiner")
    assert isinstance(network, Refiner)
    network.to(pick_device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


class RefinedPicture:
    """A blurry picture ready for the network: what all moments share is computed once.

    Args:
        network: on its device.
        blur: the picture.
        ratios: of its recording.
        tile: side of the parts that are computed one after another.
        exact: float32 throughout, where bfloat16 would be faster.
    """

    def __init__(
        self,
        network: Refiner,
        blur: Picture,
        ratios: Ratios,
        *,
        tile: int | None = None,
        exact: bool = False,
    ) -> None:
        self.network, self.blur, self.ratios, self.exact = network, blur, ratios, exact
        self.device = next(network.parameters()).device
        height, width = ratios.rate.shape
        picture = as_tensor(blur)
        if blur.shape[0] < _LEAST * height:
            picture = _resized(picture, (SCALE * height, SCALE * width)).clamp(0, 1)
        self.size = picture.shape[2:]
        whole = padded(picture)
        self.trails = None
        if network.config.trails:
            self.trails = Trails(whole[0].permute(1, 2, 0).numpy(), ratios, self.size)
        maps = self._maps(ratios.exposure(), whole.shape[2:])
        self.padded = whole.to(self.device, memory_format=torch.channels_last)
        self.whole = whole.shape[2:]
        self.tiles = tiles(self.whole, tile, network.reach)
        with computing(self.device, exact=exact):
            self.features = together(
                self.tiles, lambda tile: network.encode(tile.of(self.padded), tile.of(maps))
            )

    def sharp(self, frame: int) -> Picture:
        """The sharp picture of one frame."""
        moment = self._maps(self.ratios.moment(frame), self.whole)
        along = None
        if self.trails is not None:
            there, ways = self.trails.along(frame)
            along = torch.from_numpy(there)[None].to(self.device), self._maps(ways, self.whole)

        def refine(tile: Tile) -> tuple[Tensor]:
            parts = (self.padded, *self.features, moment)
            seen, *features, own = map(tile.of, parts)
            trails = None
            if along is not None:
                rows, columns = tile.on_grid(SCALE)
                trails = along[0][:, rows, columns], tile.of(along[1])
            return (self.network.refine(seen, features, own, trails),)

        with computing(self.device, exact=self.exact):
            (whole,) = together(self.tiles, refine)
        whole = whole[:, :, : self.size[0], : self.size[1]]
        if self.size != self.blur.shape[:2]:
            whole = _resized(whole, self.blur.shape[:2])
        return as_pixels(whole, self.blur)

    def _maps(self, maps: Maps, padded: Sequence[int]) -> Tensor:
        """Maps on the grid of the network, a quarter as fine as the padded picture."""
        held = torch.from_numpy(maps)[None].to(self.device)
        height, width = (side // SCALE for side in padded)
        if (SCALE * maps.shape[1], SCALE * maps.shape[2]) == tuple(self.size):
            edges = (0, width - maps.shape[2], 0, height - maps.shape[1])
            held = functional.pad(held, edges, mode="replicate")
        else:
            y, x = (
                (torch.arange(n, device=self.device) + 0.5) * (2 * SCALE / side) - 1
                for n, side in zip((height, width), self.size, strict=True)
            )
            grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], dim=-1)[None]
            held = functional.grid_sample(held, grid, "bicubic", "border", align_corners=False)
        return held.contiguous(memory_format=torch.channels_last)


def _resized(picture: Tensor, size: Sequence[int]) -> Tensor:
    return functional.interpolate(picture, size=tuple(size), mode="bicubic", antialias=True)

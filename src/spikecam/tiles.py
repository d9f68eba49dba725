"""Networks over pictures of any size: tiles, padding, precision, and pictures as tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikecam.errors import OptionError
from spikecam.picture import Picture, as_colour
from spikecam.resources import has_fast_bfloat16

# Pictures are cut at multiples of this: every grid that a network works on is whole then.
UNIT_PIXELS = 8
# Side of the parts of pictures that are larger; a part takes 2 to 3 GB.
_MAX_SIDE_PIXELS = 1536


@dataclass(frozen=True)
class Tile:
    """A rectangle of a picture for tiled inference, with the border that its pixels need.

    Attributes:
        input_area: what the network is given, as slices over rows and columns of pixels.
        valid_area: the part of the result that is used, as slices within ``input_area``.
        output_area: where that part goes in the whole picture.
        size: height and width of the whole picture.
    """

    input_area: tuple[slice, slice]
    valid_area: tuple[slice, slice]
    output_area: tuple[slice, slice]
    size: tuple[int, int]

    def input_area_on_grid(self, coarseness: int) -> tuple[slice, slice]:
        """Slices of the input area on a coarser grid."""
        return _coarser(self.input_area, coarseness)

    def crop(self, tensor: Tensor) -> Tensor:
        """Crop a tensor (..., h, w) to the input area; its grid may be coarser."""
        rows, columns = self.input_area_on_grid(self.size[0] // tensor.shape[-2])
        return tensor[..., rows, columns]


def stitch(tiles: Sequence[Tile], compute_tile: Callable[[Tile], Sequence[Tensor]]) -> list[Tensor]:
    """Compute every tile by a function, and stitch the results together to whole tensors.

    Args:
        tiles: from `split_into_tiles`.
        compute_tile: gives tensors (B, C, ...) of what a part sees, each on the picture's grid or a
            coarser one.
    """
    if len(tiles) == 1:
        return list(compute_tile(tiles[0]))
    wholes: list[Tensor] = []
    for tile in tiles:
        computed = compute_tile(tile)
        scales = [
            (tile.input_area[0].stop - tile.input_area[0].start) // one.shape[2] for one in computed
        ]
        if not wholes:
            sizes = [[side // scale for side in tile.size] for scale in scales]
            wholes = [
                one.new_empty((*one.shape[:2], *shape)).to(memory_format=torch.channels_last)
                for one, shape in zip(computed, sizes, strict=True)
            ]
        for whole, one, scale in zip(wholes, computed, scales, strict=True):
            whole[(..., *_coarser(tile.output_area, scale))] = one[
                (..., *_coarser(tile.valid_area, scale))
            ]
    return wholes


def split_into_tiles(
    size: Sequence[int], tile_side: int | None, receptive_radius: int, unit: int = UNIT_PIXELS
) -> list[Tile]:
    """Split a picture into tiles, each with a border of the receptive field.

    Args:
        size: height and width, multiples of the pixels of every grid that a tile is cropped on.
        tile_side: of the square parts that are kept, rounded up to whole units; None for 1536,
            which leaves all but large pictures in one part.
        receptive_radius: how far the network sees.
        unit: tiles begin at multiples of so many pixels.

    Raises:
        OptionError: a side that is no whole number, or below 64.
    """
    if tile_side is None:
        tile_side = _MAX_SIDE_PIXELS
    elif not isinstance(tile_side, int) or tile_side < 64:
        raise OptionError(f"a tile is a whole number of pixels, at least 64, not {tile_side!r}")
    tile_side, receptive_radius = (-(-n // unit) * unit for n in (tile_side, receptive_radius))
    spans = [
        [_span(a, tile_side, receptive_radius, n) for a in range(0, n, tile_side)] for n in size
    ]
    whole = size[0], size[1]
    return [
        Tile((r[0], c[0]), (r[1], c[1]), (r[2], c[2]), whole) for r in spans[0] for c in spans[1]
    ]


def _coarser(part: tuple[slice, slice], scale: int) -> tuple[slice, slice]:
    rows, columns = (slice(s.start // scale, s.stop // scale) for s in part)
    return rows, columns


def _span(start: int, side: int, reach: int, length: int) -> tuple[slice, slice, slice]:
    stop = min(start + side, length)
    first, last = max(0, start - reach), min(length, stop + reach)
    return slice(first, last), slice(start - first, stop - first), slice(start, stop)


@contextmanager
def inference_context(device: torch.device, *, full_precision: bool) -> Iterator[None]:
    """Context for inference: without gradients, in bfloat16 where that is fast.

    Args:
        device: where the network runs.
        full_precision: float32 throughout.
    """
    short = not full_precision and has_fast_bfloat16(device)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=short):
        yield


def pad_to_whole_units(picture: Tensor) -> Tensor:
    """Pad a picture (1, C, h, w) to sides of whole units. Its last row and column are repeated."""
    down, across = (-side % UNIT_PIXELS for side in picture.shape[2:])
    if not down and not across:
        return picture
    return functional.pad(picture, (0, across, 0, down), mode="replicate")


def picture_to_tensor(picture: Picture) -> Tensor:
    """Convert a picture (h, w) or (h, w, 3) to a tensor (1, 3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(as_colour(picture).transpose(2, 0, 1)))[None]


def tensor_to_picture(tensor: Tensor, like: Picture) -> Picture:
    """Convert a tensor (1, 3, h, w) to a picture, gray or colour as ``like``, clipped to [0, 1]."""
    pixels = tensor[0].float().clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(pixels if like.ndim == 3 else pixels.mean(axis=2))

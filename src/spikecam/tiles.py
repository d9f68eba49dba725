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
    """A rectangle of a picture that is computed at once, with the border that its pixels need.

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

    def on_grid(self, scale: int) -> tuple[slice, slice]:
        """The input area on a grid that is ``scale`` times as coarse."""
        return _coarser(self.input_area, scale)

    def crop(self, whole: Tensor) -> Tensor:
        """The input area of (..., h, w), which is on the grid of the picture or a coarser one."""
        rows, columns = self.on_grid(self.size[0] // whole.shape[-2])
        return whole[..., rows, columns]


def stitch(parts: Sequence[Tile], compute: Callable[[Tile], Sequence[Tensor]]) -> list[Tensor]:
    """Apply a network to every tile, and join the results to one picture.

    Args:
        parts: from `split_into_tiles`.
        compute: gives tensors (B, C, ...) of what a part sees, each on the picture's grid or a
            coarser one.
    """
    if len(parts) == 1:
        return list(compute(parts[0]))
    wholes: list[Tensor] = []
    for tile in parts:
        computed = compute(tile)
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


def split_into_tiles(size: Sequence[int], side: int | None, reach: int) -> list[Tile]:
    """Tiles that cover a picture, each with all that its pixels depend on.

    Args:
        size: height and width, multiples of `UNIT_PIXELS`.
        side: of the square parts that are kept, rounded up to whole units; None for 1536, which
            leaves all but large pictures in one part.
        reach: how far the network sees.

    Raises:
        OptionError: a side that is no whole number, or below 64.
    """
    if side is None:
        side = _MAX_SIDE_PIXELS
    elif not isinstance(side, int) or side < 64:
        raise OptionError(f"a tile is a whole number of pixels, at least 64, not {side!r}")
    side, reach = (-(-n // UNIT_PIXELS) * UNIT_PIXELS for n in (side, reach))
    spans = [[_span(a, side, reach, n) for a in range(0, n, side)] for n in size]
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
def inference_context(device: torch.device, *, exact: bool) -> Iterator[None]:
    """Context without gradients; in bfloat16 where that is fast, unless ``exact``."""
    short = not exact and has_fast_bfloat16(device)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=short):
        yield


def pad_to_unit(picture: Tensor) -> Tensor:
    """A picture (1, C, h, w) with sides of whole units, by repeating its last row and column."""
    down, across = (-side % UNIT_PIXELS for side in picture.shape[2:])
    if not down and not across:
        return picture
    return functional.pad(picture, (0, across, 0, down), mode="replicate")


def picture_to_tensor(picture: Picture) -> Tensor:
    """A picture (h, w) or (h, w, 3) as (1, 3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(as_colour(picture).transpose(2, 0, 1)))[None]


def tensor_to_picture(colours: Tensor, like: Picture) -> Picture:
    """A picture (1, 3, h, w) as (h, w, 3), or (h, w) where ``like`` is gray; clipped to [0, 1]."""
    pixels = colours[0].float().clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(pixels if like.ndim == 3 else pixels.mean(axis=2))

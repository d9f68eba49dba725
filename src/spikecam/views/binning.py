"""Lists of the Gaussians that each tile of a picture sees, from near to far."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.rows import run_in_threads
from spikecam.views.rasterizer import MIN_ALPHA, TILE_PIXELS
from spikecam.views.splats import Splats

# Bits of a depth that are sorted at a time.
_RADIX_BITS = 11
# Parts of the Gaussians that are sorted into tiles on their own.
_PARTS = 8


@njit(nogil=True, cache=True, error_model="numpy")
def depth_order(depths, tiles):  # type: ignore[no-untyped-def]
    """Indices of the Gaussians that are in view, from near to far, int32; a stable radix sort."""
    count = 0
    for n in range(len(tiles)):
        count += tiles[n, 0] < tiles[n, 1]
    order, keys = np.empty(count, np.int32), np.empty(count, np.uint32)
    # The bits of positive floats rise as the floats do.
    bits = depths.view(np.uint32)
    k = 0
    for n in range(len(tiles)):
        if tiles[n, 0] < tiles[n, 1]:
            order[k], keys[k] = n, bits[n]
            k += 1
    other_order, other_keys = np.empty_like(order), np.empty_like(keys)
    bins = 1 << _RADIX_BITS
    for shift in range(0, 32, _RADIX_BITS):
        starts = np.zeros(bins + 1, np.int64)
        for k in range(count):
            starts[((keys[k] >> np.uint32(shift)) & np.uint32(bins - 1)) + 1] += 1
        starts = np.cumsum(starts)
        for k in range(count):
            digit = (keys[k] >> np.uint32(shift)) & np.uint32(bins - 1)
            place = starts[digit]
            starts[digit] += 1
            other_order[place], other_keys[place] = order[k], keys[k]
        order, other_order = other_order, order
        keys, other_keys = other_keys, keys
    return order


def bin_gaussians(
    order: npt.NDArray[np.int32],
    splats: Splats,
    columns: int,
    rows: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Sort Gaussians into tiles.

    Args:
        order: Gaussians from near to far.
        splats: as `project_gaussians` writes them.
        columns, rows: of tiles.

    Returns:
        Starts of the lists of tiles, (columns * rows + 1,), and the Gaussians of their entries.
    """
    parts = np.array_split(order, _PARTS)
    counts = np.zeros((_PARTS, rows * columns), np.int64)
    lists: dict[int, Any] = {}

    def list_part(part: int) -> None:
        lists[part] = _list_entries(
            parts[part], tuple(splats), MIN_ALPHA, TILE_PIXELS, columns, counts[part]
        )

    run_in_threads(list_part, range(_PARTS))
    starts = np.zeros(rows * columns + 1, np.int64)
    np.cumsum(counts.sum(axis=0), out=starts[1:])
    # In the list of a tile the entries of one part stand behind those of the parts before.
    places = starts[:-1] + counts.cumsum(axis=0) - counts
    entries = np.empty(starts[-1], np.int32)

    def sort_part(part: int) -> None:
        tile_numbers, gaussians = lists[part]
        _sort_entries(tile_numbers, gaussians, places[part], entries)

    run_in_threads(sort_part, range(_PARTS))
    return starts, entries


@njit(nogil=True, cache=True, error_model="numpy")
def _list_entries(order, splats, min_alpha, side, columns, counts):  # type: ignore[no-untyped-def]
    """List the entries of Gaussians, in their order, and count them by tile.

    Args:
        order: the Gaussians, int32.
        splats: the arrays of `Splats`.
        min_alpha, side: below which nothing is drawn; of a tile in pixels.
        columns: of tiles.
        counts: to add to, (tiles,).

    Returns:
        Tile and Gaussian of each entry, int32 (K,) each.
    """
    # Taken out of the tuple once: numba counts its references again wherever it is passed on.
    centres, conics, opacities, _, _, _, tiles = splats
    size = 0
    for n in order:
        size += (tiles[n, 1] - tiles[n, 0]) * (tiles[n, 3] - tiles[n, 2])
    tile_numbers, gaussians = np.empty(size, np.int32), np.empty(size, np.int32)
    k = 0
    for n in order:
        for row in range(tiles[n, 2], tiles[n, 3]):
            start, stop = _tile_span(centres, conics, opacities, tiles, n, min_alpha, side, row)
            for column in range(start, stop):
                tile = row * columns + column
                tile_numbers[k], gaussians[k] = tile, n
                counts[tile] += 1
                k += 1
    return tile_numbers[:k], gaussians[:k]


@njit(nogil=True, cache=True, error_model="numpy")
def _sort_entries(tile_numbers, gaussians, places, entries):  # type: ignore[no-untyped-def]
    """Write the Gaussians of entries (K,) into the lists of tiles.

    places: where each tile's next entry stands, (tiles,); they are moved on.
    """
    for k in range(len(gaussians)):
        tile = tile_numbers[k]
        entries[places[tile]] = gaussians[k]
        places[tile] += 1


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _tile_span(centres, conics, opacities, tiles, n, min_alpha, side, row):  # type: ignore[no-untyped-def]
    """Columns [start, stop) of tiles that a Gaussian touches in a row of tiles."""
    start, stop = tiles[n, 0], tiles[n, 1]
    # Most Gaussians are small; what a box of two tiles may list too much is less than the test.
    if stop - start < 2 or (stop - start == 2 and tiles[n, 3] - tiles[n, 2] == 1):
        return start, stop
    a, b, c = conics[n, 0], conics[n, 1], conics[n, 2]
    u, v = centres[n, 0], centres[n, 1]
    reach = np.float32(2) * math.log(opacities[n] / min_alpha)
    # The ellipse a dx^2 + 2 b dx dy + c dy^2 = reach ends on the right at (end_x, end_y).
    end_x = math.sqrt(reach * c / (a * c - b * b))
    end_y = -b / c * end_x
    low = np.float32(row * side) - v
    high = low + np.float32(side)
    right, left = end_x, -end_x
    if not low <= end_y <= high:
        right = _ellipse_edge(a, b, c, reach, low if end_y < low else high, 1)
    if not low <= -end_y <= high:
        left = _ellipse_edge(a, b, c, reach, low if -end_y < low else high, -1)
    start = max(start, np.int32(math.floor((u + left) / side)))
    stop = min(stop, np.int32(math.floor((u + right) / side)) + np.int32(1))
    return start, stop


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _ellipse_edge(a, b, c, reach, dy, side):  # type: ignore[no-untyped-def]
    """The left (-1) or right (1) end of an ellipse at a distance dy from its middle."""
    root = max(b * b * dy * dy - a * (c * dy * dy - reach), np.float32(0))
    return (-b * dy + np.float32(side) * math.sqrt(root)) / a


def split_tiles(starts: npt.NDArray[np.int64], parts: int) -> npt.NDArray[np.int64]:
    """Edges of ``parts`` spans of tiles with lists about as long in sum."""
    work = starts + 8 * np.arange(len(starts))
    edges = np.searchsorted(work, np.linspace(0, work[-1], parts + 1))
    edges[0], edges[-1] = 0, len(starts) - 1
    return np.asarray(edges)

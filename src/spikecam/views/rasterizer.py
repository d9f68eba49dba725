"""Tiles of pictures from projected Gaussians, and their gradients.

A pixel sees the Gaussians of its tile from near to far:

    alpha_k = min(o_k exp(-(a dx^2 + 2 b dx dy + c dy^2) / 2), 0.999)
    colour = sum_k c_k alpha_k T_k + background T,    T_k = prod_{j < k} (1 - alpha_j)

Those of less than 1/255 are left out, and so is what is behind a transmittance T of 1e-4; gsplat
does the same, to 1e-4. A row of a tile is a vector of the processor: the loops over its pixels have
no branches, so that the compiler makes vectors of them.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Side of a tile of pixels, alphas that are drawn, and the least light that is followed.
TILE_PIXELS = 16
MIN_ALPHA, MAX_ALPHA = np.float32(1 / 255), np.float32(0.999)
MIN_TRANSMITTANCE = np.float32(1e-4)
# Exponents beyond 5.6 make an alpha below the smallest; exp is the 16th power of a polynomial.
_POWER = 16
_MAX_SHARE = np.float32(5.6 / _POWER)
_PRODUCT_SCALE, _SQUARE_SCALE = np.float32(1 / _POWER), np.float32(0.5 / _POWER)
# Gaussians from one test whether a tile is covered to the next.
_COVERED_TEST = 16
_SIDE, _AREA = TILE_PIXELS, TILE_PIXELS**2
# Column and row of each pixel of a tile.
_COLUMNS = np.tile(np.arange(_SIDE, dtype=np.float32), _SIDE)
_ROWS = np.repeat(np.arange(_SIDE, dtype=np.float32), _SIDE)
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
# exp(-s) between 0 and `_MAX_SHARE`, to 9e-8: the polynomial of least relative error.
_E0, _E1, _E2, _E3, _E4 = (
    np.float32(value) for value in (0.99999991, -0.99998842, 0.49974262, -0.16462975, 0.03493276)
)
_FAST_MATH = {"contract", "nsz", "arcp", "reassoc"}


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_FAST_MATH, inline="always")
def _alpha(dx, dy, conic, opacity):  # type: ignore[no-untyped-def]
    """Alpha before it is limited, to 2e-6 of itself.

    Args:
        dx, dy: distance from the middle of the splat in pixels.
        conic: that of the splat, scaled: its squares by `_SQUARE_SCALE`, the product in the middle
            by `_PRODUCT_SCALE`.
        opacity: of the splat.
    """
    a, b, c = conic
    share = min(dx * (a * dx + b * dy) + dy * (c * dy), _MAX_SHARE)
    e = _E0 + share * (_E1 + share * (_E2 + share * (_E3 + share * _E4)))
    e = e * e
    e = e * e
    e = e * e
    e = e * e
    return opacity * e


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _pixels_of_splat(height, y0):  # type: ignore[no-untyped-def]
    """Pixels [start, stop) of a tile, whole rows, that a splat reaches.

    y0 is the distance of the first row from its middle. The numbers are unsigned: with others, the
    compiler thinks of places before the first, and makes no vectors.
    """
    start = max(np.int32(np.ceil(-height - y0)), np.int32(0))
    stop = min(np.int32(np.floor(height - y0)) + np.int32(1), np.int32(_SIDE))
    return np.uint64(start * _SIDE), np.uint64(max(start, stop) * _SIDE)


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_FAST_MATH)
def draw_tiles(  # type: ignore[no-untyped-def]
    starts, entries, splats, background, columns, picture, transmittance, ends, depth, first, last
):
    """Draw the tiles [first, last).

    Args:
        starts, entries: as `bin_gaussians` gives them.
        splats: the arrays of `Splats`, as `project_gaussians` writes them.
        background: colour behind all, (channels,).
        columns: of tiles.
        picture: to write, (channels, rows * 16, columns * 16).
        transmittance: to write, light of the background that is seen, (rows * 16, columns * 16).
        ends: to write, where in its list a tile is covered, (tiles,).
        depth: to write, mean distance by weight, as large; empty (0, 0) where it is not needed.
    """
    channels, with_depth = len(background), len(depth) > 0
    centres, conics, opacities, depths, heights, colours, _ = splats
    # Of the pixels of a tile, row by row: transmittance, the weight of one Gaussian, and sums.
    t, weight = np.empty(_AREA, np.float32), np.empty(_AREA, np.float32)
    sums = np.empty((channels + 1, _AREA), np.float32)
    pixel_columns, pixel_rows = _COLUMNS.copy(), _ROWS.copy()
    for tile in range(first, last):
        t[:] = _ONE
        sums[:] = _ZERO
        top, left = (tile // columns) * _SIDE, (tile % columns) * _SIDE
        begin, end = starts[tile], starts[tile + 1]
        for k in range(begin, end):
            n = entries[k]
            a, b, c = conics[n, 0], conics[n, 1], conics[n, 2]
            conic = _SQUARE_SCALE * a, _PRODUCT_SCALE * b, _SQUARE_SCALE * c
            opacity = opacities[n]
            x0 = np.float32(left) + _HALF - centres[n, 0]
            y0 = np.float32(top) + _HALF - centres[n, 1]
            p0, p1 = _pixels_of_splat(heights[n], y0)
            for p in range(p0, p1):
                dx, dy = x0 + pixel_columns[p], y0 + pixel_rows[p]
                alpha = min(_alpha(dx, dy, conic, opacity), MAX_ALPHA)
                light = t[p]
                draws = (alpha >= MIN_ALPHA) & (light > MIN_TRANSMITTANCE)
                alpha = alpha if draws else _ZERO
                part = alpha * light
                weight[p] = part
                t[p] = light - part
            for channel in range(channels):
                value, total = colours[n, channel], sums[channel]
                for p in range(p0, p1):
                    total[p] += weight[p] * value
            if with_depth:
                value, total = depths[n], sums[channels]
                for p in range(p0, p1):
                    total[p] += weight[p] * value
            if (k - begin) % _COVERED_TEST == _COVERED_TEST - 1:
                lightest = _ZERO
                for p in range(_AREA):
                    lightest = t[p] if t[p] > lightest else lightest
                if lightest <= MIN_TRANSMITTANCE:
                    end = k + 1
                    break
        ends[tile] = end
        for p in range(_AREA):
            y, x = top + p // _SIDE, left + p % _SIDE
            transmittance[y, x] = t[p]
            for channel in range(channels):
                picture[channel, y, x] = sums[channel, p] + t[p] * background[channel]
            if with_depth:
                weight_sum = max(_ONE - t[p], np.float32(1e-6))
                depth[y, x] = sums[channels, p] / weight_sum


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_FAST_MATH)
def draw_tile_gradients(  # type: ignore[no-untyped-def]
    starts,
    ends,
    entries,
    splats,
    background,
    columns,
    picture,
    by_picture,
    gradients,
    first,
    last,
):
    """Gradients of the entries of the tiles [first, last).

    Args:
        starts, entries, splats, background, columns: as for `draw_tiles`.
        ends, picture: as it writes them.
        by_picture: gradient by the picture, (channels, rows * 16, columns * 16).
        gradients: to write, (entries, 6 + channels): by centre, conic, opacity
            and colour.
    """
    channels = len(background)
    centres, conics, opacities, _, heights, colours, _ = splats
    # Of the pixels of a tile, row by row: transmittance, what the gradient gets from all that is
    # behind, the gradient along the colour and the weight of one Gaussian, and the gradient.
    t, behind = np.empty(_AREA, np.float32), np.empty(_AREA, np.float32)
    along, weight = np.empty(_AREA, np.float32), np.empty(_AREA, np.float32)
    g = np.empty((channels, _AREA), np.float32)
    pixel_columns, pixel_rows = _COLUMNS.copy(), _ROWS.copy()
    for tile in range(first, last):
        top, left = (tile // columns) * _SIDE, (tile % columns) * _SIDE
        begin, end = starts[tile], starts[tile + 1]
        t[:] = _ONE
        for p in range(_AREA):
            y, x = top + p // _SIDE, left + p % _SIDE
            behind[p] = _ZERO
            for channel in range(channels):
                g[channel, p] = by_picture[channel, y, x]
                behind[p] += by_picture[channel, y, x] * picture[channel, y, x]
        for k in range(ends[tile], end):
            gradients[k] = _ZERO
        for k in range(begin, ends[tile]):
            n = entries[k]
            a, b, c = conics[n, 0], conics[n, 1], conics[n, 2]
            conic = _SQUARE_SCALE * a, _PRODUCT_SCALE * b, _SQUARE_SCALE * c
            opacity = opacities[n]
            x0 = np.float32(left) + _HALF - centres[n, 0]
            y0 = np.float32(top) + _HALF - centres[n, 1]
            p0, p1 = _pixels_of_splat(heights[n], y0)
            value, plane = colours[n, 0], g[0]
            for p in range(p0, p1):
                along[p] = value * plane[p]
            for channel in range(1, channels):
                value, plane = colours[n, channel], g[channel]
                for p in range(p0, p1):
                    along[p] += value * plane[p]
            v0 = vx = vy = vxx = vxy = vyy = _ZERO
            for p in range(p0, p1):
                dx, dy = x0 + pixel_columns[p], y0 + pixel_rows[p]
                raw = _alpha(dx, dy, conic, opacity)
                alpha = min(raw, MAX_ALPHA)
                light = t[p]
                draws = (alpha >= MIN_ALPHA) & (light > MIN_TRANSMITTANCE)
                alpha = alpha if draws else _ZERO
                part = alpha * light
                weight[p] = part
                t[p] = light - part
                rest = behind[p] - part * along[p]
                behind[p] = rest
                # By the exponent; none where alpha is limited.
                v = alpha * (rest / (_ONE - alpha) - light * along[p])
                v = v if raw < MAX_ALPHA else _ZERO
                v0 += v
                vx += v * dx
                vy += v * dy
                vxx += v * dx * dx
                vxy += v * dx * dy
                vyy += v * dy * dy
            out = gradients[k]
            out[0] = -(a * vx + b * vy)
            out[1] = -(b * vx + c * vy)
            out[2] = _HALF * vxx
            out[3] = vxy
            out[4] = _HALF * vyy
            out[5] = -v0 / opacity
            for channel in range(channels):
                total, plane = _ZERO, g[channel]
                for p in range(p0, p1):
                    total += weight[p] * plane[p]
                out[6 + channel] = total


@njit(nogil=True, cache=True, error_model="numpy")
def sum_entries(entries, gradients, sums, first, last):  # type: ignore[no-untyped-def]
    """Add up the gradients of the entries of the Gaussians [first, last) to ``sums``, (N, K)."""
    sums[first:last] = _ZERO
    for k in range(len(entries)):
        n = entries[k]
        if first <= n < last:
            for i in range(sums.shape[1]):
                sums[n, i] += gradients[k, i]

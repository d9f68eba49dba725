"""Compiled ray casting of parallelograms.

A ray of a pixel is c + t d, where d has depth 1 in the camera, so that t is the depth. A
parallelogram has a corner o, edges u and v, their normal n = u x v, and the dual vectors u', v'
(u' u = 1, u' v = u' n = 0). With the inverse depth w = 1 / t, the ray meets its plane at

    w = n d / n (o - c)      a w = u' d + w u' (c - o)      b w = v' d + w v' (c - o)

where (a, b), both from 0 to 1 inside, are the place in the texture. All three are linear in the
place in the picture, so that the part of a row that a parallelogram covers is one interval, and
textures are in perspective. The nearest parallelogram, the one of the largest w, is seen.
"""

import numpy as np
from numba import njit

# Samples of pixels lie on a Kronecker lattice with this step: no two in one row or column.
_GOLDEN = 0.6180339887498949
# Parallelograms nearer than this are not seen, in units of the scene.
_NEAR = 1e-3
# Most samples of a texture along the longer side of a share of a pixel that is seen at an angle.
_MAX_TAPS = 6


@njit(nogil=True, cache=True, error_model="numpy")
def _cut_half_line(value, slope, first, last):  # type: ignore[no-untyped-def]
    """Cut the interval [first, last] to where value + slope x >= 0."""
    if slope > 0:
        return max(first, -value / slope), last
    if slope < 0:
        return first, min(last, -value / slope)
    return (first, last) if value >= 0 else (1.0, 0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _cast_row(forms, x_offset, y, inverse_depth, nearest):  # type: ignore[no-untyped-def]
    """Nearest quads of the samples (c + x_offset, y) of all columns c."""
    width = len(nearest)
    nearest[:] = -1
    inverse_depth[:] = 0
    for quad in range(len(forms)):
        w_x, a_x, b_x = forms[quad, 0, 0], forms[quad, 1, 0], forms[quad, 2, 0]
        w = forms[quad, 0, 1] * y + forms[quad, 0, 2] + w_x * x_offset
        a = forms[quad, 1, 1] * y + forms[quad, 1, 2] + a_x * x_offset
        b = forms[quad, 2, 1] * y + forms[quad, 2, 2] + b_x * x_offset
        # Behind the camera w is below 0; beyond the nearest depth it is above 1 / _NEAR.
        first, last = _cut_half_line(w - 1e-9, w_x, 0.0, width - 1.0)
        first, last = _cut_half_line(1 / _NEAR - w, -w_x, first, last)
        first, last = _cut_half_line(a, a_x, first, last)
        first, last = _cut_half_line(w - a, w_x - a_x, first, last)
        first, last = _cut_half_line(b, b_x, first, last)
        first, last = _cut_half_line(w - b, w_x - b_x, first, last)
        if first > last:
            continue
        start, stop = int(np.ceil(first)), int(np.floor(last)) + 1
        for c in range(start, stop):
            at_column = np.float32(w + w_x * c)
            if at_column > inverse_depth[c]:
                inverse_depth[c] = at_column
                nearest[c] = quad


@njit(nogil=True, cache=True, error_model="numpy")
def depth_rows(forms, depth, first_row, last_row):  # type: ignore[no-untyped-def]
    """Write the depth at the middle of each pixel of some rows; infinite where there is nothing."""
    width = depth.shape[1]
    inverse_depth, nearest = np.empty(width, np.float32), np.empty(width, np.int32)
    for row in range(first_row, last_row):
        _cast_row(forms, 0.5, row + 0.5, inverse_depth, nearest)
        for c in range(width):
            depth[row, c] = np.float32(1) / inverse_depth[c] if nearest[c] >= 0 else np.inf


@njit(nogil=True, cache=True, error_model="numpy")
def _add_bilinear(texels, start, size, place, is_repeated, weight, total):  # type: ignore[no-untyped-def]
    """Add to total the weighted texel, of a level that begins at start, at a place (row, column).

    The place is from 0 to 1. Textures that are repeated go on at their other side.
    """
    height, width = size
    row, column = place
    if is_repeated:
        row, column = row - np.floor(row), column - np.floor(column)
    y, x = row * height - 0.5, column * width - 0.5
    y0, x0 = int(np.floor(y)), int(np.floor(x))
    fy, fx = y - y0, x - x0
    y1, x1 = y0 + 1, x0 + 1
    if is_repeated:
        y0, x0 = y0 + height if y0 < 0 else y0, x0 + width if x0 < 0 else x0
        y1, x1 = 0 if y1 >= height else y1, 0 if x1 >= width else x1
    else:
        y0, y1 = min(max(y0, 0), height - 1), min(max(y1, 0), height - 1)
        x0, x1 = min(max(x0, 0), width - 1), min(max(x1, 0), width - 1)
    w11 = weight * fy * fx
    w10 = weight * fy - w11
    w01 = weight * fx - w11
    w00 = weight - w10 - weight * fx
    i00 = start + 3 * (y0 * width + x0)
    i01 = start + 3 * (y0 * width + x1)
    i10 = start + 3 * (y1 * width + x0)
    i11 = start + 3 * (y1 * width + x1)
    for k in range(3):
        total[k] += (
            w00 * texels[i00 + k]
            + w01 * texels[i01 + k]
            + w10 * texels[i10 + k]
            + w11 * texels[i11 + k]
        )


@njit(nogil=True, cache=True, error_model="numpy")
def _shading_at(shading, layout, a, b):  # type: ignore[no-untyped-def]
    """Shading of a quad, interpolated between samples from corner to corner."""
    start, height, width = layout
    if height == 1 and width == 1:
        return shading[start]
    y, x = b * (height - 1), a * (width - 1)
    y0, x0 = min(int(y), height - 2), min(int(x), width - 2)
    fy, fx = y - y0, x - x0
    i = start + y0 * width + x0
    upper = shading[i] * (1 - fx) + shading[i + 1] * fx
    lower = shading[i + width] * (1 - fx) + shading[i + width + 1] * fx
    return upper * (1 - fy) + lower * fy


@njit(nogil=True, cache=True, error_model="numpy")
def render_rows(  # type: ignore[no-untyped-def]
    forms,
    textures,
    repeats,
    texels,
    shadings,
    shading,
    samples,
    picture,
    first_row,
    last_row,
):
    """Add the light of each pixel of some rows; see `QuadScene.render`.

    Args:
        forms: coefficients of w, a w and b w, (N, 3, 3).
        textures: first element in ``texels``, height, width and number of levels, (N, 4).
        repeats: of textures along their rows and columns, (N, 2).
        texels: light of all levels of all textures, from 0 to 65535.
        shadings: first element in ``shading``, height and width, (N, 3).
        shading: of all quads, from 0 to 1.
        samples: of each pixel.
        picture: zeros (H, W, 3), to which light is added.
        first_row, last_row: span of rows.
    """
    width = picture.shape[1]
    inverse_depth, nearest = np.empty(width, np.float32), np.empty(width, np.int32)
    total = np.empty(3, np.float64)
    share = 1 / np.sqrt(samples)
    for row in range(first_row, last_row):
        for sample in range(samples):
            y = row + (sample + 0.5) / samples
            x_offset = (0.5 + sample * _GOLDEN) % 1
            _cast_row(forms, x_offset, y, inverse_depth, nearest)
            for c in range(width):
                quad = nearest[c]
                if quad < 0:
                    continue
                form, x = forms[quad], c + x_offset
                w = form[0, 0] * x + form[0, 1] * y + form[0, 2]
                a = min(max((form[1, 0] * x + form[1, 1] * y + form[1, 2]) / w, 0.0), 1.0)
                b = min(max((form[2, 0] * x + form[2, 1] * y + form[2, 2]) / w, 0.0), 1.0)
                start, height, length, levels = textures[quad]
                along, down = repeats[quad, 0], repeats[quad, 1]
                # How far a sample reaches in texels, to the right and down in the picture; squares
                # of the longer and the shorter reach.
                scale_a, scale_b = share * along * length / w, share * down * height / w
                right_a = (form[1, 0] - a * form[0, 0]) * scale_a
                right_b = (form[2, 0] - b * form[0, 0]) * scale_b
                below_a = (form[1, 1] - a * form[0, 1]) * scale_a
                below_b = (form[2, 1] - b * form[0, 1]) * scale_b
                longer = right_a * right_a + right_b * right_b
                shorter = below_a * below_a + below_b * below_b
                step_a, step_b = right_a, right_b
                if longer < shorter:
                    longer, shorter = shorter, longer
                    step_a, step_b = below_a, below_b
                taps = 1
                if longer > 1 and longer > shorter:
                    ratio = np.sqrt(longer / max(shorter, 1.0))
                    taps = min(int(np.ceil(ratio)), _MAX_TAPS)
                level = 0.5 * np.log2(max(longer / (taps * taps), shorter, 1.0))
                level = min(level, levels - 1.0)
                finer = min(int(level), levels - 1)
                for _ in range(finer):
                    start += 3 * height * length
                    height, length = max(height // 2, 1), max(length // 2, 1)
                coarser_weight = level - finer
                coarser_start = start + 3 * height * length
                coarser_size = (max(height // 2, 1), max(length // 2, 1))
                is_repeated = along > 1 or down > 1
                step_a /= textures[quad, 2] * taps
                step_b /= textures[quad, 1] * taps
                total[:] = 0
                for tap in range(taps):
                    shift = tap - (taps - 1) / 2
                    place = (b * down + shift * step_b, a * along + shift * step_a)
                    finer_weight = (1 - coarser_weight) / taps
                    _add_bilinear(
                        texels, start, (height, length), place, is_repeated, finer_weight, total
                    )
                    if coarser_weight > 0:
                        _add_bilinear(
                            texels,
                            coarser_start,
                            coarser_size,
                            place,
                            is_repeated,
                            coarser_weight / taps,
                            total,
                        )
                brightness = _shading_at(shading, shadings[quad], a, b) / (samples * 65535)
                for k in range(3):
                    picture[row, c, k] += np.float32(total[k] * brightness)

"""Projection of Gaussians to a picture, and its gradients (EWA splatting, Zwicker et al. 2001).

A Gaussian of covariance Sigma = M M^T, M = R(q) diag(s), is seen by a camera with rotation W as

    p = W m + t,    (u, v) = (fx x / z + cx, fy y / z + cy),    Sigma' = (J W M)(J W M)^T + 0.3 I

with J the derivative of (u, v) by p. Constants are those of gsplat, so that both draw the same.
All arrays are float32.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# What is nearer than this, in units of the world, is not drawn.
NEAR = np.float32(0.01)
# Variance in square pixels that is added to each Gaussian.
COVARIANCE_BLUR = np.float32(0.3)
# Directions are clamped to the field of view, widened by this share.
FIELD_MARGIN = np.float32(0.3)
# Coefficients of the basis, degree after degree.
HARMONIC_0 = np.float32(0.28209479177387814)
HARMONIC_1 = np.float32(0.4886025119029199)
HARMONIC_2 = (
    np.float32(1.0925484305920792),
    np.float32(0.31539156525252005),
    np.float32(0.5462742152960396),
)
HARMONIC_3 = (
    np.float32(0.5900435899266435),
    np.float32(2.890611442640554),
    np.float32(0.4570457994644658),
    np.float32(0.3731763325901154),
    np.float32(1.445305721320277),
)
# Gradients of a splat: by its centre, its conic and its opacity; those of its colour follow.
SPLAT_GRADIENTS = 6
# Gradients of the pose: by translation, and by rotation about the axes of the camera.
POSE_GRADIENTS = 6


@njit(nogil=True, cache=True, error_model="numpy")
def project_gaussians(  # type: ignore[no-untyped-def]
    means,
    log_scales,
    rotations,
    opacity_logits,
    harmonics,
    view,
    intrinsics,
    min_alpha,
    tile_pixels,
    splats,
    first,
    last,
):
    """Project Gaussians [first, last); what is not finite is not in view.

    Args:
        means, log_scales, rotations, opacity_logits, harmonics: as `Gaussians` has them.
        view: world to camera, (4, 4).
        intrinsics: fx, fy, cx, cy, width, height, (6,).
        min_alpha: below which nothing is drawn.
        tile_pixels: side of a tile.
        splats: to write, the arrays of `Splats`.
    """
    centres, conics, opacities, depths, heights, colours, tiles = splats
    fx, fy, cx, cy, width, height = intrinsics
    columns, rows = math.ceil(width / tile_pixels), math.ceil(height / tile_pixels)
    low_x, high_x, low_y, high_y = _field_limits(intrinsics)
    basis = np.empty(harmonics.shape[1], np.float32)
    product, axes = np.empty((3, 3), np.float32), np.empty((3, 3), np.float32)
    centre = _camera_centre(view)
    for n in range(first, last):
        tiles[n] = 0
        x, y, z = _to_camera(view, means[n])
        opacity = np.float32(1) / (np.float32(1) + math.exp(-opacity_logits[n]))
        if not z > NEAR or not opacity >= min_alpha:
            continue
        _camera_axes(view, rotations[n], log_scales[n], axes, product)
        tx = min(max(x / z, low_x), high_x) * z
        ty = min(max(y / z, low_y), high_y) * z
        xx = xy = yy = np.float32(0)
        for k in range(3):
            ju = fx / z * (product[0, k] - tx / z * product[2, k])
            jv = fy / z * (product[1, k] - ty / z * product[2, k])
            xx += ju * ju
            xy += ju * jv
            yy += jv * jv
        xx += COVARIANCE_BLUR
        yy += COVARIANCE_BLUR
        determinant = xx * yy - xy * xy
        if not determinant > 0:
            continue
        u, v = fx * x / z + cx, fy * y / z + cy
        reach = np.float32(2) * math.log(opacity / min_alpha)
        reach_x, reach_y = math.sqrt(reach * xx), math.sqrt(reach * yy)
        x0 = min(max(math.floor((u - reach_x) / tile_pixels), 0), columns)
        x1 = min(max(math.floor((u + reach_x) / tile_pixels) + 1, 0), columns)
        y0 = min(max(math.floor((v - reach_y) / tile_pixels), 0), rows)
        y1 = min(max(math.floor((v + reach_y) / tile_pixels) + 1, 0), rows)
        if x0 >= x1 or y0 >= y1:
            continue
        dx, dy, dz, _ = _ray(means[n], centre)
        _harmonic_basis(dx, dy, dz, basis)
        is_finite = True
        for c in range(harmonics.shape[2]):
            colour = np.float32(0.5)
            for k in range(len(basis)):
                colour += basis[k] * harmonics[n, k, c]
            is_finite &= math.isfinite(colour)
            colours[n, c] = max(colour, np.float32(0))
        if not is_finite:
            continue
        tile, conic = tiles[n], conics[n]
        tile[0], tile[1], tile[2], tile[3] = x0, x1, y0, y1
        centres[n, 0], centres[n, 1] = u, v
        conic[0], conic[1], conic[2] = yy / determinant, -xy / determinant, xx / determinant
        opacities[n], depths[n], heights[n] = opacity, z, reach_y


@njit(nogil=True, cache=True, error_model="numpy")
def backproject_gradients(  # type: ignore[no-untyped-def]
    means,
    log_scales,
    rotations,
    opacity_logits,
    harmonics,
    view,
    intrinsics,
    splats,
    splat_gradients,
    gradients,
    pose_gradients,
    first,
    last,
):
    """Gradients by the parameters of Gaussians [first, last), from those by their splats.

    Args:
        means, ..., splats: as for `project_gaussians`.
        splat_gradients: (N, `SPLAT_GRADIENTS` + channels).
        gradients: five arrays shaped as the parameters, to which gradients are added.
        pose_gradients: by the twist of the camera, to add to, float64 (`POSE_GRADIENTS`,): the
            point p of the camera becomes p + v + w x p.
    """
    _, conics, opacities, _, _, colours, tiles = splats
    fx, fy = intrinsics[0], intrinsics[1]
    low_x, high_x, low_y, high_y = _field_limits(intrinsics)
    count, channels = harmonics.shape[1], harmonics.shape[2]
    basis, weights = np.empty(count, np.float32), np.empty(count, np.float32)
    product, by_product = np.empty((3, 3), np.float32), np.empty((3, 3), np.float32)
    axes, by_axes = np.empty((3, 3), np.float32), np.empty((3, 3), np.float32)
    centre = _camera_centre(view)
    by_means, by_scales, by_rotations, by_logits, by_harmonics = gradients
    two = np.float32(2)
    for n in range(first, last):
        if tiles[n, 0] >= tiles[n, 1]:
            continue
        gradient = splat_gradients[n]
        x, y, z = _to_camera(view, means[n])
        by_x = by_y = by_z = np.float32(0)
        # Colour, by the direction of view.
        dx, dy, dz, distance = _ray(means[n], centre)
        _harmonic_basis(dx, dy, dz, basis)
        weights[:] = 0
        for c in range(channels):
            if colours[n, c] > 0:
                by_colour = gradient[SPLAT_GRADIENTS + c]
                for k in range(count):
                    by_harmonics[n, k, c] += basis[k] * by_colour
                    weights[k] += harmonics[n, k, c] * by_colour
        if count > 1:
            gx, gy, gz = _harmonic_gradient(dx, dy, dz, weights)
            along = gx * dx + gy * dy + gz * dz
            gx = (gx - along * dx) / distance
            gy = (gy - along * dy) / distance
            gz = (gz - along * dz) / distance
            by_means[n, 0] += gx
            by_means[n, 1] += gy
            by_means[n, 2] += gz
            for i in range(3):
                pose_gradients[i] += view[i, 0] * gx + view[i, 1] * gy + view[i, 2] * gz
        opacity = opacities[n]
        by_logits[n] += gradient[5] * opacity * (np.float32(1) - opacity)
        # Place.
        by_u, by_v = gradient[0], gradient[1]
        by_x += by_u * fx / z
        by_y += by_v * fy / z
        by_z -= (by_u * fx * x + by_v * fy * y) / (z * z)
        # Covariance from the conic: d Sigma = -K dK K, with K the conic.
        a, b, c2 = conics[n, 0], conics[n, 1], conics[n, 2]
        ga, gb, gc = gradient[2], gradient[3] / two, gradient[4]
        pa, pb = a * ga + b * gb, a * gb + b * gc
        qa, qb = b * ga + c2 * gb, b * gb + c2 * gc
        sxx = -(pa * a + pb * b)
        sxy = -(pa * b + pb * c2)
        syy = -(qa * b + qb * c2)
        _camera_axes(view, rotations[n], log_scales[n], axes, product)
        tx = min(max(x / z, low_x), high_x) * z
        ty = min(max(y / z, low_y), high_y) * z
        j00, j02, j11, j12 = fx / z, -fx * tx / (z * z), fy / z, -fy * ty / (z * z)
        by_j00 = by_j02 = by_j11 = by_j12 = np.float32(0)
        for k in range(3):
            ju = j00 * product[0, k] + j02 * product[2, k]
            jv = j11 * product[1, k] + j12 * product[2, k]
            by_ju, by_jv = two * (sxx * ju + sxy * jv), two * (sxy * ju + syy * jv)
            by_product[0, k] = j00 * by_ju
            by_product[1, k] = j11 * by_jv
            by_product[2, k] = j02 * by_ju + j12 * by_jv
            by_j00 += by_ju * product[0, k]
            by_j02 += by_ju * product[2, k]
            by_j11 += by_jv * product[1, k]
            by_j12 += by_jv * product[2, k]
            for i in range(3):
                j, m = (i + 1) % 3, (i + 2) % 3
                pose_gradients[3 + i] += product[j, k] * by_product[m, k]
                pose_gradients[3 + i] -= product[m, k] * by_product[j, k]
        by_z -= (by_j00 * fx + by_j11 * fy) / (z * z)
        if low_x <= x / z <= high_x:
            by_x -= by_j02 * fx / (z * z)
            by_z += two * by_j02 * fx * tx / (z * z * z)
        else:
            by_z += by_j02 * fx * tx / (z * z * z)
        if low_y <= y / z <= high_y:
            by_y -= by_j12 * fy / (z * z)
            by_z += two * by_j12 * fy * ty / (z * z * z)
        else:
            by_z += by_j12 * fy * ty / (z * z * z)
        for i in range(3):
            by_means[n, i] += view[0, i] * by_x + view[1, i] * by_y + view[2, i] * by_z
        pose_gradients[0] += by_x
        pose_gradients[1] += by_y
        pose_gradients[2] += by_z
        pose_gradients[3] += y * by_z - z * by_y
        pose_gradients[4] += z * by_x - x * by_z
        pose_gradients[5] += x * by_y - y * by_x
        # Axes M = R(q) diag(s) in the world.
        length = _quaternion_axes(rotations[n], axes)
        for k in range(3):
            scale = math.exp(log_scales[n, k])
            by_scale = np.float32(0)
            for i in range(3):
                by_axis = (
                    view[0, i] * by_product[0, k]
                    + view[1, i] * by_product[1, k]
                    + view[2, i] * by_product[2, k]
                )
                by_scale += by_axis * axes[i, k]
                by_axes[i, k] = by_axis * scale
            by_scales[n, k] += by_scale * scale
        _add_quaternion_gradient(rotations[n], length, by_axes, by_rotations[n])


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _to_camera(view, mean):  # type: ignore[no-untyped-def]
    return (
        view[0, 0] * mean[0] + view[0, 1] * mean[1] + view[0, 2] * mean[2] + view[0, 3],
        view[1, 0] * mean[0] + view[1, 1] * mean[1] + view[1, 2] * mean[2] + view[1, 3],
        view[2, 0] * mean[0] + view[2, 1] * mean[1] + view[2, 2] * mean[2] + view[2, 3],
    )


@njit(nogil=True, cache=True, error_model="numpy")
def _camera_centre(view):  # type: ignore[no-untyped-def]
    centre = np.empty(3, np.float32)
    for i in range(3):
        centre[i] = -(view[0, i] * view[0, 3] + view[1, i] * view[1, 3] + view[2, i] * view[2, 3])
    return centre


@njit(nogil=True, cache=True, error_model="numpy")
def _field_limits(intrinsics):  # type: ignore[no-untyped-def]
    """Lowest and highest x / z and y / z of directions that covariances are projected along."""
    fx, fy, cx, cy, width, height = intrinsics
    margin_x, margin_y = FIELD_MARGIN * width / (2 * fx), FIELD_MARGIN * height / (2 * fy)
    return (
        -cx / fx - margin_x,
        (width - cx) / fx + margin_x,
        -cy / fy - margin_y,
        (height - cy) / fy + margin_y,
    )


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _ray(mean, centre):  # type: ignore[no-untyped-def]
    """Direction of a point from the centre of a camera, and its distance."""
    dx, dy, dz = mean[0] - centre[0], mean[1] - centre[1], mean[2] - centre[2]
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    return dx / distance, dy / distance, dz / distance, distance


@njit(nogil=True, cache=True, error_model="numpy")
def _quaternion_axes(rotation, axes):  # type: ignore[no-untyped-def]
    """Write the rotation matrix of a quaternion to ``axes``, and give the quaternion's length."""
    one, two = np.float32(1), np.float32(2)
    w, x, y, z = rotation[0], rotation[1], rotation[2], rotation[3]
    length = math.sqrt(w * w + x * x + y * y + z * z)
    w, x, y, z = w / length, x / length, y / length, z / length
    axes[0, 0] = one - two * (y * y + z * z)
    axes[0, 1] = two * (x * y - w * z)
    axes[0, 2] = two * (x * z + w * y)
    axes[1, 0] = two * (x * y + w * z)
    axes[1, 1] = one - two * (x * x + z * z)
    axes[1, 2] = two * (y * z - w * x)
    axes[2, 0] = two * (x * z - w * y)
    axes[2, 1] = two * (y * z + w * x)
    axes[2, 2] = one - two * (x * x + y * y)
    return length


@njit(nogil=True, cache=True, error_model="numpy")
def _camera_axes(view, rotation, log_scale, axes, product):  # type: ignore[no-untyped-def]
    """Write the scaled axes of a Gaussian in the camera, W R(q) diag(s), to ``product``."""
    _quaternion_axes(rotation, axes)
    for k in range(3):
        scale = math.exp(log_scale[k])
        for i in range(3):
            product[i, k] = scale * (
                view[i, 0] * axes[0, k] + view[i, 1] * axes[1, k] + view[i, 2] * axes[2, k]
            )


@njit(nogil=True, cache=True, error_model="numpy")
def _add_quaternion_gradient(rotation, length, g, out):  # type: ignore[no-untyped-def]
    """Add the gradient by a quaternion, from that by its matrix, to ``out``."""
    two = np.float32(2)
    w, x, y, z = rotation[0], rotation[1], rotation[2], rotation[3]
    w, x, y, z = w / length, x / length, y / length, z / length
    gw = two * (x * (g[2, 1] - g[1, 2]) + y * (g[0, 2] - g[2, 0]) + z * (g[1, 0] - g[0, 1]))
    gx = two * (y * (g[0, 1] + g[1, 0]) + z * (g[0, 2] + g[2, 0]) + w * (g[2, 1] - g[1, 2]))
    gy = two * (x * (g[0, 1] + g[1, 0]) + z * (g[1, 2] + g[2, 1]) + w * (g[0, 2] - g[2, 0]))
    gz = two * (x * (g[0, 2] + g[2, 0]) + y * (g[1, 2] + g[2, 1]) + w * (g[1, 0] - g[0, 1]))
    gx -= two * two * x * (g[1, 1] + g[2, 2])
    gy -= two * two * y * (g[0, 0] + g[2, 2])
    gz -= two * two * z * (g[0, 0] + g[1, 1])
    along = gw * w + gx * x + gy * y + gz * z
    out[0] += (gw - along * w) / length
    out[1] += (gx - along * x) / length
    out[2] += (gy - along * y) / length
    out[3] += (gz - along * z) / length


@njit(cache=True, error_model="numpy", nogil=True)
def _harmonic_basis(x, y, z, basis):  # type: ignore[no-untyped-def]
    """Write the basis of a direction (x, y, z) of length 1 to ``basis``, 1, 4, 9 or 16 values."""
    count = len(basis)
    basis[0] = HARMONIC_0
    if count > 1:
        basis[1], basis[2], basis[3] = -HARMONIC_1 * y, HARMONIC_1 * z, -HARMONIC_1 * x
    if count > 4:
        a, b, c = HARMONIC_2
        basis[4] = a * x * y
        basis[5] = -a * y * z
        basis[6] = b * (2 * z * z - x * x - y * y)
        basis[7] = -a * x * z
        basis[8] = c * (x * x - y * y)
    if count > 9:
        a, b, c, d, e = HARMONIC_3
        basis[9] = -a * y * (3 * x * x - y * y)
        basis[10] = b * x * y * z
        basis[11] = -c * y * (4 * z * z - x * x - y * y)
        basis[12] = d * z * (2 * z * z - 3 * x * x - 3 * y * y)
        basis[13] = -c * x * (4 * z * z - x * x - y * y)
        basis[14] = e * z * (x * x - y * y)
        basis[15] = -a * x * (x * x - 3 * y * y)


@njit(cache=True, error_model="numpy", nogil=True)
def _harmonic_gradient(x, y, z, weights):  # type: ignore[no-untyped-def]
    """Gradient by (x, y, z) of the basis of a direction, weighted by ``weights``."""
    count = len(weights)
    gx = gy = gz = np.float32(0)
    w = weights
    if count > 1:
        gx, gy, gz = -HARMONIC_1 * w[3], -HARMONIC_1 * w[1], HARMONIC_1 * w[2]
    if count > 4:
        a, b, c = HARMONIC_2
        gx += a * (y * w[4] - z * w[7]) + 2 * x * (c * w[8] - b * w[6])
        gy += a * (x * w[4] - z * w[5]) - 2 * y * (c * w[8] + b * w[6])
        gz += 4 * b * z * w[6] - a * (y * w[5] + x * w[7])
    if count > 9:
        a, b, c, d, e = HARMONIC_3
        xx, yy, zz = x * x, y * y, z * z
        gx += -6 * a * x * y * w[9] + b * y * z * w[10] + 2 * c * x * y * w[11]
        gx += -6 * d * x * z * w[12] - c * (4 * zz - 3 * xx - yy) * w[13]
        gx += 2 * e * x * z * w[14] - 3 * a * (xx - yy) * w[15]
        gy += -3 * a * (xx - yy) * w[9] + b * x * z * w[10] - c * (4 * zz - xx - 3 * yy) * w[11]
        gy += -6 * d * y * z * w[12] + 2 * c * x * y * w[13] - 2 * e * y * z * w[14]
        gy += 6 * a * x * y * w[15]
        gz += b * x * y * w[10] - 8 * c * y * z * w[11] + d * (6 * zz - 3 * xx - 3 * yy) * w[12]
        gz += -8 * c * x * z * w[13] + e * (xx - yy) * w[14]
    return gx, gy, gz

"""The same pictures in PyTorch, float64, without tiles: slow, and easy to read.

What `rendering` draws by compiled loops is here a page of formulas; a test holds both together,
and gradients are those of autograd.
"""

from __future__ import annotations

import torch
from torch import Tensor

from spikecam.views.camera import Camera
from spikecam.views.projection import (
    COVARIANCE_BLUR,
    FIELD_MARGIN,
    HARMONIC_0,
    HARMONIC_1,
    HARMONIC_2,
    HARMONIC_3,
    NEAR,
)
from spikecam.views.rasterizer import MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE


def render_reference(
    means: Tensor,
    log_scales: Tensor,
    rotations: Tensor,
    opacity_logits: Tensor,
    harmonics: Tensor,
    camera: Camera,
    background: Tensor,
    twist: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Render a scene of Gaussians.

    Args:
        means, log_scales, rotations, opacity_logits, harmonics: as `Gaussians` has them, float64.
        camera: from where it is seen.
        background: (C,).
        twist: small motion (v, w) of the camera, (6,): its point p becomes p + v + w x p.

    Returns:
        Picture (C, H, W), transmittance (H, W), and depth (H, W).
    """
    intrinsics = camera.intrinsics
    view = torch.as_tensor(camera.world_to_camera, dtype=means.dtype)
    rotation, translation = view[:3, :3], view[:3, 3]
    if twist is not None:
        turn = torch.eye(3, dtype=means.dtype) + _cross_matrix(twist[3:])
        rotation, translation = turn @ rotation, turn @ translation + twist[:3]
    points = means @ rotation.T + translation
    order = torch.argsort(points[:, 2].detach(), stable=True)
    x, y, z = points[order].unbind(1)
    axes = rotation @ _rotation_matrices(rotations[order]) * log_scales[order].exp()[:, None]
    tx, ty = (_clamp_to_field(side, z, intrinsics, i) for i, side in enumerate((x, y)))
    zero = torch.zeros_like(z)
    jacobian = torch.stack(
        [
            torch.stack([intrinsics.fx / z, zero, -intrinsics.fx * tx / z**2], dim=1),
            torch.stack([zero, intrinsics.fy / z, -intrinsics.fy * ty / z**2], dim=1),
        ],
        dim=1,
    )
    flat = jacobian @ axes
    covariance = flat @ flat.transpose(1, 2) + float(COVARIANCE_BLUR) * torch.eye(2)
    conic = torch.linalg.inv(covariance)
    centre = -torch.linalg.inv(rotation) @ translation
    direction = torch.nn.functional.normalize(means[order] - centre, dim=1)
    basis = _harmonic_basis(direction, harmonics.shape[1])
    colours = (0.5 + (basis[..., None] * harmonics[order]).sum(1)).clamp(min=0)
    rows = torch.arange(intrinsics.height, dtype=means.dtype) + 0.5
    columns = torch.arange(intrinsics.width, dtype=means.dtype) + 0.5
    dx = columns - (intrinsics.fx * x / z + intrinsics.cx)[:, None]
    dy = rows - (intrinsics.fy * y / z + intrinsics.cy)[:, None]
    a, b, c = (conic[:, i, j, None, None] for i, j in ((0, 0), (0, 1), (1, 1)))
    dx, dy = dx[:, None, :], dy[:, :, None]
    sigma = 0.5 * (a * dx**2 + c * dy**2) + b * dx * dy
    opacity = torch.sigmoid(opacity_logits[order])[:, None, None]
    alpha = (opacity * torch.exp(-sigma)).clamp(max=float(MAX_ALPHA))
    alpha = alpha * ((alpha >= float(MIN_ALPHA)) & (z > float(NEAR))[:, None, None])
    light = torch.cumprod(1 - alpha, dim=0)
    before = torch.cat([torch.ones_like(light[:1]), light[:-1]])
    alpha = alpha * (before > float(MIN_TRANSMITTANCE))
    light = torch.cumprod(1 - alpha, dim=0)
    before = torch.cat([torch.ones_like(light[:1]), light[:-1]])
    weights = alpha * before
    rest = light[-1]
    picture = torch.einsum("nhw,nc->chw", weights, colours) + rest * background[:, None, None]
    depth = (weights * z[:, None, None]).sum(0) / (1 - rest).clamp(min=1e-6)
    return picture, rest, depth


def _clamp_to_field(side: Tensor, z: Tensor, intrinsics: object, axis: int) -> Tensor:
    """Side of a point, its direction clamped to the widened field of view."""
    names = ("fx", "cx", "width") if axis == 0 else ("fy", "cy", "height")
    focal, middle, size = (getattr(intrinsics, name) for name in names)
    margin = float(FIELD_MARGIN) * size / (2 * focal)
    return (side / z).clamp(-middle / focal - margin, (size - middle) / focal + margin) * z


def _cross_matrix(w: Tensor) -> Tensor:
    zero = torch.zeros_like(w[0])
    rows = [zero, -w[2], w[1]], [w[2], zero, -w[0]], [-w[1], w[0], zero]
    return torch.stack([torch.stack(row) for row in rows])


def _rotation_matrices(quaternions: Tensor) -> Tensor:
    w, x, y, z = torch.nn.functional.normalize(quaternions, dim=1).unbind(1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def _harmonic_basis(direction: Tensor, count: int) -> Tensor:
    """Spherical harmonics of directions (N, 3), (N, count)."""
    x, y, z = direction.unbind(1)
    xx, yy, zz = x * x, y * y, z * z
    c1, c2, c3 = float(HARMONIC_1), [float(c) for c in HARMONIC_2], [float(c) for c in HARMONIC_3]
    basis = [
        torch.full_like(x, float(HARMONIC_0)),
        -c1 * y,
        c1 * z,
        -c1 * x,
        c2[0] * x * y,
        -c2[0] * y * z,
        c2[1] * (2 * zz - xx - yy),
        -c2[0] * x * z,
        c2[2] * (xx - yy),
        -c3[0] * y * (3 * xx - yy),
        c3[1] * x * y * z,
        -c3[2] * y * (4 * zz - xx - yy),
        c3[3] * z * (2 * zz - 3 * xx - 3 * yy),
        -c3[2] * x * (4 * zz - xx - yy),
        c3[4] * z * (xx - yy),
        -c3[0] * x * (xx - 3 * yy),
    ]
    return torch.stack(basis[:count], dim=1)

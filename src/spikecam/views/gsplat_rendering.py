"""Pictures of scenes of Gaussians, and gradients, by gsplat on a CUDA GPU.

`render_gsplat` takes and gives what `rendering.render` does: the constants of both are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from spikecam.views.camera import Camera, Intrinsics
from spikecam.views.gaussians import Floats, Gaussians
from spikecam.views.projection import COVARIANCE_BLUR, NEAR, POSE_GRADIENTS
from spikecam.views.rasterizer import TILE_PIXELS

# gsplat's spherical harmonics are of three channels, also where a scene is gray.
_HARMONIC_CHANNELS = 3
# Least weight that a mean distance is divided by.
_MIN_WEIGHT = 1e-6


@dataclass(frozen=True, eq=False)
class GsplatView:
    """A picture of a scene, and its graph of autograd; the attributes of `RenderedView`.

    Attributes:
        picture: (C, H, W), not clipped.
        transmittance: share of the background that is seen, (H, W).
        depth: mean distance from the plane of the camera by weight, (H, W); None where not asked.
    """

    picture: Floats
    transmittance: Floats
    depth: Floats | None
    _leaves: tuple[Tensor, ...]
    _output: Tensor

    def backward(self, by_picture: Floats) -> tuple[Gaussians, npt.NDArray[np.float64]]:
        """Gradients of a loss; arguments and results are those of `RenderedView.backward`."""
        parameters, pose = self._gradients(by_picture)
        return Gaussians(*parameters), pose

    def add_gradients(self, gradients: Gaussians, by_picture: Floats) -> npt.NDArray[np.float64]:
        """Add the gradients to ``gradients``, as `backward`, and give that by the pose."""
        parameters, pose = self._gradients(by_picture)
        for total, values in zip(gradients.parameters(), parameters, strict=True):
            total += values
        return pose

    def _gradients(self, by_picture: Floats) -> tuple[list[Floats], npt.NDArray[np.float64]]:
        by_output = torch.as_tensor(by_picture, device=self._output.device)
        # The graph is kept, so that gradients of another loss can follow.
        *parameters, pose = torch.autograd.grad(
            self._output, self._leaves, by_output, retain_graph=True
        )
        return [_to_numpy(values) for values in parameters], _to_numpy(pose).astype(np.float64)


def render_gsplat(
    gaussians: Gaussians,
    camera: Camera,
    *,
    background: npt.ArrayLike = 0.0,
    with_depth: bool = False,
    device: torch.device | str = "cuda",
) -> GsplatView:
    """Render a scene with gsplat.

    Args:
        gaussians: the scene; 1 or 3 channels.
        camera: from where it is seen.
        background: colour behind all, a number or (C,).
        with_depth: whether a depth picture is made.
        device: a CUDA GPU.
    """
    from gsplat import rasterization

    channels, intrinsics = gaussians.harmonics.shape[2], camera.intrinsics
    leaves = tuple(
        torch.tensor(values, device=device, requires_grad=True)
        for values in (*gaussians.parameters(), np.zeros(POSE_GRADIENTS, np.float32))
    )
    means, log_scales, rotations, opacity_logits, harmonics, twist = leaves
    view = torch.tensor(camera.world_to_camera, dtype=torch.float32, device=device)
    rasterize: Callable[..., tuple[Tensor, Tensor, dict[str, Any]]] = rasterization
    colours, alphas, _ = rasterize(
        means,
        rotations,
        log_scales.exp(),
        opacity_logits.sigmoid(),
        harmonics.expand(-1, -1, _HARMONIC_CHANNELS),
        _apply_twist(view, twist)[None],
        _calibration(intrinsics, view)[None],
        intrinsics.width,
        intrinsics.height,
        near_plane=float(NEAR),
        eps2d=float(COVARIANCE_BLUR),
        sh_degree=gaussians.degree,
        packed=False,
        tile_size=TILE_PIXELS,
        render_mode="RGB+D" if with_depth else "RGB",
        rasterize_mode="classic",
    )
    weight = alphas[0, ..., 0]
    transmittance = 1 - weight
    behind = torch.tensor(
        np.broadcast_to(np.asarray(background, np.float32), channels), device=device
    )
    picture = colours[0, ..., :channels].permute(2, 0, 1) + transmittance * behind[:, None, None]
    depth = None
    if with_depth:
        depth = _to_numpy(colours[0, ..., -1] / weight.clamp(min=_MIN_WEIGHT))
    return GsplatView(_to_numpy(picture), _to_numpy(transmittance), depth, leaves, picture)


def _apply_twist(view: Tensor, twist: Tensor) -> Tensor:
    """World-to-camera matrix after a small motion (v, w): p becomes p + v + w x p."""
    zero = torch.zeros_like(twist[0])
    x, y, z = twist[3], twist[4], twist[5]
    rows = (
        torch.stack((zero, -z, y, twist[0])),
        torch.stack((z, zero, -x, twist[1])),
        torch.stack((-y, x, zero, twist[2])),
        torch.stack((zero, zero, zero, zero)),
    )
    return view + torch.stack(rows) @ view


def _calibration(intrinsics: Intrinsics, like: Tensor) -> Tensor:
    """Calibration matrix (3, 3); pixel middles are at 0.5 in gsplat, too."""
    return like.new_tensor(
        [
            [intrinsics.fx, 0, intrinsics.cx],
            [0, intrinsics.fy, intrinsics.cy],
            [0, 0, 1],
        ]
    )


def _to_numpy(values: Tensor) -> Floats:
    return np.ascontiguousarray(values.detach().cpu().numpy())

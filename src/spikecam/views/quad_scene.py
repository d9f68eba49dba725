"""Scenes of textured parallelograms, and exact pictures of them by ray casting.

Such a scene is the truth for scenes of Gaussians: it is made of no Gaussian, and its pictures come
from a renderer that shares nothing with the rasteriser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.io.pictures import quantize_to_levels
from spikecam.picture import Picture
from spikecam.rows import run_over_rows
from spikecam.views.camera import Camera
from spikecam.views.ray_caster import depth_rows, render_rows

Floats = npt.NDArray[np.float64]

# Samples of a pixel: enough that the edges of objects have as many steps of brightness.
DEFAULT_SAMPLES = 9


@dataclass(frozen=True, eq=False)
class Quad:
    """A textured parallelogram, seen from both sides.

    Attributes:
        corner: the corner at the upper left of the texture, (3,).
        along: edge from there along the rows of the texture, (3,).
        down: edge from there along its columns, (3,).
        texture: linear light in [0, 1], float32 (H, W, 3).
        repeats: how often the texture is repeated along both edges.
        shading: share of light that falls on it, (h, w) from 0 to 1, sampled evenly from corner to
            corner; (1, 1) is the same everywhere.
    """

    corner: Floats
    along: Floats
    down: Floats
    texture: Picture
    repeats: tuple[float, float] = (1.0, 1.0)
    shading: Picture = field(default_factory=lambda: np.ones((1, 1), np.float32))


class QuadScene:
    """A scene of textured parallelograms.

    Args:
        quads: the parallelograms; together they are around the cameras, since a ray that meets
            none is black.

    Raises:
        OptionError: no parallelograms, one without an area, or a texture that is no light.
    """

    def __init__(self, quads: Sequence[Quad]) -> None:
        if not quads:
            raise OptionError("a scene of parallelograms has at least one")
        for quad in quads:
            _check_quad(quad)
        self._corners = np.array([quad.corner for quad in quads], np.float64)
        self._along = np.array([quad.along for quad in quads], np.float64)
        self._down = np.array([quad.down for quad in quads], np.float64)
        self._normals = np.cross(self._along, self._down)
        squares = (self._normals**2).sum(1, keepdims=True)
        self._dual_along = np.cross(self._down, self._normals) / squares
        self._dual_down = np.cross(self._normals, self._along) / squares
        self._repeats = np.array([quad.repeats for quad in quads], np.float32)
        # One flat array of all levels of all textures, and where each texture begins in it.
        textures = {id(quad.texture): quad.texture for quad in quads}
        pyramids = {key: _mip_levels(texture) for key, texture in textures.items()}
        starts, start = {}, 0
        for key, levels in pyramids.items():
            starts[key] = start
            start += sum(level.size for level in levels)
        # In 16 bits, which is exact enough and half as large.
        self._texels = np.concatenate(
            [quantize_to_levels(x, 16).ravel() for p in pyramids.values() for x in p]
        )
        self._textures = np.array(
            [
                (starts[id(q.texture)], *q.texture.shape[:2], len(pyramids[id(q.texture)]))
                for q in quads
            ],
            np.int64,
        )
        self._shading = np.concatenate([quad.shading.ravel() for quad in quads]).astype(np.float32)
        sizes = [quad.shading.size for quad in quads]
        self._shadings = np.array(
            [
                (first, *quad.shading.shape)
                for first, quad in zip(np.cumsum([0, *sizes[:-1]]), quads, strict=True)
            ],
            np.int64,
        )

    def __len__(self) -> int:
        return len(self._corners)

    def render(self, camera: Camera, samples: int = DEFAULT_SAMPLES) -> Picture:
        """Picture that a camera sees.

        Every sample is filtered over its share of the pixel: bilinearly between the texels of the
        two levels of the texture whose texels are about as large, several times along the longer
        side of a share that is seen at an angle.

        Args:
            camera: where from.
            samples: rays of each pixel.

        Returns:
            Linear light in [0, 1], float32 (H, W, 3).

        Raises:
            OptionError: fewer than 1 sample.
        """
        if samples < 1:
            raise OptionError(f"a pixel has at least 1 sample, not {samples}")
        size = camera.intrinsics
        picture = np.zeros((size.height, size.width, 3), np.float32)
        run_over_rows(
            render_rows,
            size.height,
            self._linear_forms(camera),
            self._textures,
            self._repeats,
            self._texels,
            self._shadings,
            self._shading,
            samples,
            picture,
        )
        return picture

    def depth(self, camera: Camera) -> Picture:
        """Depth along the camera's axis at the middle of each pixel, float32 (H, W).

        It is infinite where there is nothing.
        """
        size = camera.intrinsics
        depth = np.empty((size.height, size.width), np.float32)
        run_over_rows(depth_rows, size.height, self._linear_forms(camera), depth)
        return depth

    def _linear_forms(self, camera: Camera) -> Floats:
        """Coefficients of w, a w and b w (`spikecam.views.ray_caster`) in (x, y, 1), (N, 3, 3)."""
        intrinsics = camera.intrinsics
        unproject = np.array(
            [
                [1 / intrinsics.fx, 0, -intrinsics.cx / intrinsics.fx],
                [0, 1 / intrinsics.fy, -intrinsics.cy / intrinsics.fy],
                [0, 0, 1],
            ]
        )
        direction = camera.world_to_camera[:3, :3].T @ unproject
        offset = self._corners - camera.centre
        distance = (self._normals * offset).sum(1, keepdims=True)
        # A camera in the plane of a parallelogram does not see it.
        scale = np.linalg.norm(self._normals, axis=1, keepdims=True)
        is_edge_on = np.abs(distance) < 1e-9 * scale
        w = np.where(is_edge_on, 0, self._normals / np.where(is_edge_on, 1, distance)) @ direction
        aw = self._dual_along @ direction - w * (self._dual_along * offset).sum(1, keepdims=True)
        bw = self._dual_down @ direction - w * (self._dual_down * offset).sum(1, keepdims=True)
        return np.ascontiguousarray(np.stack([w, aw, bw], axis=1))


def _check_quad(quad: Quad) -> None:
    """Refuse a parallelogram that cannot be drawn."""
    area = np.linalg.norm(np.cross(quad.along, quad.down))
    if not area > 1e-12 or not np.isfinite(area):
        raise OptionError(
            f"a parallelogram has edges in two directions, not {quad.along} and {quad.down}"
        )
    texture = quad.texture
    if texture.ndim != 3 or texture.shape[2] != 3 or not texture.size:
        raise OptionError(f"a texture is a picture (height, width, 3), not {texture.shape}")
    if not (texture.min() >= 0 and texture.max() <= 1):
        raise OptionError("a texture is light from 0 to 1, and this one holds other values")
    shading = quad.shading
    if shading.ndim != 2 or (min(shading.shape) < 2 and shading.shape != (1, 1)):
        raise OptionError(f"a shading is a map of at least 2x2, not {shading.shape}")
    if not (shading.min() >= 0 and shading.max() <= 1):
        raise OptionError("a shading is from 0 to 1, and this one holds other values")


def _mip_levels(texture: Picture) -> list[Picture]:
    """Levels of a texture, each the mean over 2 x 2 texels of the last, down to one texel."""
    levels = [np.ascontiguousarray(texture, np.float32)]
    while max(levels[-1].shape[:2]) > 1:
        level = levels[-1]
        for axis in (0, 1):
            length = level.shape[axis]
            if length > 1:
                # The last texel of an odd number is left out: sizes follow length // 2.
                even = level.take(range(0, length // 2 * 2, 2), axis)
                odd = level.take(range(1, length // 2 * 2, 2), axis)
                level = (even + odd) / np.float32(2)
        levels.append(np.ascontiguousarray(level))
    return levels

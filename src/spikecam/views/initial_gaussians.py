"""Gaussians at random places that cameras see, to start a fit from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spikecam.errors import OptionError
from spikecam.views.camera import Camera
from spikecam.views.common_point import CommonPoint
from spikecam.views.gaussians import Floats, Gaussians

# Opacity of a Gaussian at the start, and its size in distances to its nearest neighbours.
_OPACITY, _RELATIVE_SIZE, _NEIGHBOURS = 0.1, 0.6, 3
# Nearest and farthest of those that lie anywhere, in distances to the scene.
_NEAREST, _FARTHEST = 0.4, 10.0
# Distance to a scene without a common point, in extents of the cameras' places.
_EXTENTS = 2.0


def scene_gaussians(
    cameras: Sequence[Camera],
    common: CommonPoint | None,
    count: int,
    *,
    degree: int,
    channels: int,
    rng: np.random.Generator,
) -> tuple[Gaussians, float]:
    """Place Gaussians where cameras look, half of them in a ball about their common point.

    The ball fills the picture; the others lie anywhere in view. Where the cameras look at no common
    point in front of them, all do, and the extent of the cameras' places stands for the distance.

    Args:
        cameras: from which the scene was recorded.
        common: the point that they look at, None where there is none.
        count: number of Gaussians.
        degree: of the spherical harmonics.
        channels: 1 or 3 colours.
        rng: random generator.

    Returns:
        The Gaussians, and a typical distance of the scene from the cameras.

    Raises:
        OptionError: as `gaussians_at`.
    """
    if common is None or not (common.depths > 0).all():
        centres = np.stack([camera.centre for camera in cameras])
        distance = _EXTENTS * float(np.linalg.norm(np.ptp(centres, axis=0)))
        near = np.zeros((0, 3))
    else:
        distance, intrinsics = common.distance, cameras[0].intrinsics
        radius = (
            distance * min(intrinsics.width / intrinsics.fx, intrinsics.height / intrinsics.fy) / 2
        )
        near = common.point + radius * _points_in_ball(count // 2, rng)
    depths = distance * _NEAREST, distance * _FARTHEST
    far = points_in_view(cameras, count - len(near), depths, rng)
    means = np.concatenate([near, far])
    return gaussians_at(means, degree=degree, channels=channels, rng=rng), distance


def points_in_view(
    cameras: Sequence[Camera], count: int, depths: tuple[float, float], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Random points (N, 3) in what cameras see.

    Args:
        cameras: from which the scene was recorded.
        count: number of points.
        depths: nearest and farthest distance from a camera; between them inverse distances are
            drawn evenly.
        rng: random generator.
    """
    chosen = rng.integers(len(cameras), size=count)
    inverse = rng.uniform(1 / depths[1], 1 / depths[0], count)
    means = np.empty((count, 3))
    for index in np.unique(chosen):
        camera, rows = cameras[index], chosen == index
        means[rows] = _points(camera, 1 / inverse[rows], rng)
    return means


def _points_in_ball(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Random points (N, 3) in the ball of radius 1 around the origin."""
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions * rng.uniform(size=(count, 1)) ** (1 / 3))


def gaussians_at(
    means: npt.NDArray[np.float64], *, degree: int, channels: int, rng: np.random.Generator
) -> Gaussians:
    """Gray, faint Gaussians at places (N, 3), as large as the distance to their neighbours.

    Raises:
        OptionError: so few that they have no three neighbours.
    """
    count = len(means)
    if count <= _NEIGHBOURS:
        raise OptionError(
            f"a fit starts from at least {_NEIGHBOURS + 1} Gaussians, not {count}; give more"
        )
    distances, _ = cKDTree(means).query(means, k=_NEIGHBOURS + 1)
    size = np.maximum(distances[:, 1:].mean(axis=1), 1e-6) * _RELATIVE_SIZE
    harmonics = np.zeros((count, (degree + 1) ** 2, channels), np.float32)
    return Gaussians(
        _floats(means),
        _floats(np.repeat(np.log(size)[:, None], 3, axis=1)),
        _floats(rng.normal(size=(count, 4))),
        np.full(count, np.log(_OPACITY / (1 - _OPACITY)), np.float32),
        harmonics,
    )


def _points(
    camera: Camera, depths: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Random points of the world at depths before a camera."""
    intrinsics, view = camera.intrinsics, camera.world_to_camera
    u = rng.uniform(0, intrinsics.width, len(depths))
    v = rng.uniform(0, intrinsics.height, len(depths))
    rays = np.stack(
        [(u - intrinsics.cx) / intrinsics.fx, (v - intrinsics.cy) / intrinsics.fy, np.ones_like(u)],
        axis=1,
    )
    points = rays * depths[:, None] - view[:3, 3]
    return np.asarray(points @ view[:3, :3])


def _floats(values: npt.NDArray[np.float64]) -> Floats:
    return np.ascontiguousarray(values, np.float32)

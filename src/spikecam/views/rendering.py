"""Pictures of scenes of Gaussians, and gradients, on every core of a CPU."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.resources import usable_cores
from spikecam.rows import run_in_threads, run_over_rows
from spikecam.views.binning import bin_gaussians, depth_order, split_tiles
from spikecam.views.camera import Camera
from spikecam.views.gaussians import Floats, Gaussians
from spikecam.views.projection import (
    POSE_GRADIENTS,
    SPLAT_GRADIENTS,
    backproject_gradients,
    project_gaussians,
)
from spikecam.views.rasterizer import (
    MIN_ALPHA,
    TILE_PIXELS,
    draw_tile_gradients,
    draw_tiles,
    sum_entries,
)
from spikecam.views.splats import Splats

# Spans of tiles for each core, so that none waits long for another.
_SPANS_PER_CORE = 4


@dataclass(frozen=True, eq=False)
class RenderedView:
    """A picture of a scene, and what its gradients are made of.

    Attributes:
        picture: (C, H, W), not clipped.
        transmittance: share of the background that is seen, (H, W).
        depth: mean distance from the plane of the camera by weight, (H, W); None where not asked.
    """

    picture: Floats
    transmittance: Floats
    depth: Floats | None
    _gaussians: Gaussians
    _view: Floats
    _intrinsics: Floats
    _background: Floats
    _splats: Splats
    _bins: tuple[Any, ...]
    _whole: tuple[Floats, Floats]

    def backward(self, by_picture: Floats) -> tuple[Gaussians, npt.NDArray[np.float64]]:
        """Gradients of a loss.

        Args:
            by_picture: gradient by the picture, (C, H, W).

        Returns:
            Gradients by the parameters, as `Gaussians`, and by the pose, (6,): a point p of the
            camera becomes p + v + w x p with the twist (v, w).
        """
        scene = self._gaussians
        gradients = Gaussians(*(np.zeros_like(values) for values in scene.parameters()))
        pose = self.add_gradients(gradients, by_picture)
        return gradients, pose

    def add_gradients(self, gradients: Gaussians, by_picture: Floats) -> npt.NDArray[np.float64]:
        """Add the gradients to ``gradients``, as `backward`, and give that by the pose."""
        scene, splats = self._gaussians, self._splats
        starts, ends, entries, columns, spans = self._bins
        picture, transmittance = self._whole
        padded = np.zeros((len(self._background), *transmittance.shape), np.float32)
        height, width = self.transmittance.shape
        padded[:, :height, :width] = by_picture
        values = SPLAT_GRADIENTS + len(self._background)
        of_entries = np.empty((len(entries), values), np.float32)
        _run_over_spans(
            draw_tile_gradients,
            spans,
            starts,
            ends,
            entries,
            tuple(splats),
            self._background,
            columns,
            picture,
            padded,
            of_entries,
        )
        sums = np.empty((len(scene), values), np.float32)
        run_over_rows(sum_entries, len(scene), entries, of_entries, sums)
        # The pose's gradient is added up in parts that do not depend on the number of threads.
        edges = np.linspace(0, len(scene), _POSE_PARTS + 1).astype(int)
        poses = np.zeros((_POSE_PARTS, POSE_GRADIENTS))

        def backproject(part: int) -> None:
            backproject_gradients(
                *scene.parameters(),
                self._view,
                self._intrinsics,
                tuple(splats),
                sums,
                gradients.parameters(),
                poses[part],
                edges[part],
                edges[part + 1],
            )

        run_in_threads(backproject, range(_POSE_PARTS))
        return np.asarray(poses.sum(axis=0))


# Parts of the Gaussians whose gradients by the pose are added up on their own.
_POSE_PARTS = 8


def render(
    gaussians: Gaussians,
    camera: Camera,
    *,
    background: npt.ArrayLike = 0.0,
    with_depth: bool = False,
) -> RenderedView:
    """Render a scene.

    Args:
        gaussians: the scene.
        camera: from where it is seen.
        background: colour behind all, a number or (C,).
        with_depth: whether a depth picture is made.
    """
    intrinsics, count = camera.intrinsics, len(gaussians)
    channels = gaussians.harmonics.shape[2]
    columns = math.ceil(intrinsics.width / TILE_PIXELS)
    rows = math.ceil(intrinsics.height / TILE_PIXELS)
    view = np.ascontiguousarray(camera.world_to_camera, np.float32)
    numbers = np.array(
        (
            intrinsics.fx,
            intrinsics.fy,
            intrinsics.cx,
            intrinsics.cy,
            intrinsics.width,
            intrinsics.height,
        ),
        np.float32,
    )
    behind = np.ascontiguousarray(np.broadcast_to(np.asarray(background, np.float32), channels))
    splats = Splats.empty(count, channels)
    run_over_rows(
        project_gaussians,
        count,
        *gaussians.parameters(),
        view,
        numbers,
        MIN_ALPHA,
        TILE_PIXELS,
        tuple(splats),
    )
    order = depth_order(splats.depths, splats.tiles)
    starts, entries = bin_gaussians(order, splats, columns, rows)
    spans = split_tiles(starts, _SPANS_PER_CORE * usable_cores())
    size = rows * TILE_PIXELS, columns * TILE_PIXELS
    picture = np.empty((channels, *size), np.float32)
    transmittance, ends = np.empty(size, np.float32), np.empty(rows * columns, np.int64)
    depth = np.empty(size if with_depth else (0, 0), np.float32)
    _run_over_spans(
        draw_tiles,
        spans,
        starts,
        entries,
        tuple(splats),
        behind,
        columns,
        picture,
        transmittance,
        ends,
        depth,
    )
    inside = np.s_[: intrinsics.height, : intrinsics.width]
    return RenderedView(
        picture[:, inside[0], inside[1]],
        transmittance[inside],
        depth[inside] if with_depth else None,
        gaussians,
        view,
        numbers,
        behind,
        splats,
        (starts, ends, entries, columns, spans),
        (picture, transmittance),
    )


def _run_over_spans(kernel: Callable[..., None], spans: npt.NDArray[np.int64], *args: Any) -> None:
    """Run a kernel in threads over spans of tiles: ``kernel(*args, first, last)``."""
    edges = list(pairwise(spans))
    run_in_threads(lambda part: kernel(*args, *edges[part]), range(len(edges)))

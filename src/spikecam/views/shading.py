"""Light on the parallelograms of a scene: of the sun, with shadows, and of the sky.

A place is lit by

    E = sun max(0, n s) V(s) + sky / R  sum_r V(d_r)

with n the normal, s the direction of the sun, d_r R directions around n drawn by the cosine law,
and V = 1 where nothing stands in that direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from numba import njit

from spikecam.rows import run_over_rows
from spikecam.views.quad_scene import Quad

Floats = npt.NDArray[np.float64]

# Share of the light of a place that faces the sun; they add up to 1.
SUN_LIGHT, SKY_LIGHT = 0.62, 0.38
# Directions in which the sky is looked for, and how far.
_SKY_RAYS, _SKY_REACH = 16, 5.0
# Distance of places from their own surface.
_LIFT = 1e-3


def with_light(
    quads: Sequence[Quad], casters: Sequence[Quad], sun: Floats, spacing: float
) -> list[Quad]:
    """Parallelograms with the shading of sun and sky.

    Args:
        quads: those that are lit, on the side of ``down x along``.
        casters: those that throw shadows.
        sun: direction to the sun, (3,).
        spacing: distance between places where light is computed, in units of the scene.
    """
    corners = np.array([quad.corner for quad in casters], np.float64).reshape(-1, 3)
    along = np.array([quad.along for quad in casters], np.float64).reshape(-1, 3)
    down = np.array([quad.down for quad in casters], np.float64).reshape(-1, 3)
    normals = np.cross(along, down)
    squares = (normals**2).sum(1, keepdims=True)
    shapes = [
        tuple(
            int(np.clip(np.linalg.norm(edge) / spacing + 1, 2, 160)) for edge in (q.down, q.along)
        )
        for q in quads
    ]
    places = np.concatenate([_places(q, shape) for q, shape in zip(quads, shapes, strict=True)])
    outward = [np.cross(q.down, q.along) / np.linalg.norm(np.cross(q.down, q.along)) for q in quads]
    facing = np.repeat(outward, [height * width for height, width in shapes], axis=0)
    light = np.empty(len(places), np.float32)
    run_over_rows(
        _light_places,
        len(places),
        places + _LIFT * facing,
        facing,
        sun / np.linalg.norm(sun),
        _cosine_directions(_SKY_RAYS),
        corners,
        normals,
        np.cross(down, normals) / squares,
        np.cross(normals, along) / squares,
        light,
    )
    ends = np.cumsum([height * width for height, width in shapes])
    maps = np.split(light, ends[:-1])
    return [
        replace(quad, shading=part.reshape(shape))
        for quad, part, shape in zip(quads, maps, shapes, strict=True)
    ]


def _places(quad: Quad, shape: tuple[int, ...]) -> Floats:
    # Just inside the edges: on them, neighbours that touch would hide everything.
    down, along = (np.linspace(0.004, 0.996, count) for count in shape)
    edges = down[:, None, None] * quad.down + along[None, :, None] * quad.along
    return np.asarray((quad.corner + edges).reshape(-1, 3))


def _cosine_directions(count: int) -> Floats:
    """Directions around (0, 0, 1) with a density in proportion to their cosine, (count, 3)."""
    turn = 2 * np.pi * 0.6180339887498949 * np.arange(count)
    radius = np.sqrt((np.arange(count) + 0.5) / count)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.sqrt(1 - radius**2)], axis=1)


@njit(nogil=True, cache=True, error_model="numpy")
def _is_hidden(place, direction, reach, corners, normals, dual_along, dual_down):  # type: ignore[no-untyped-def]
    """Whether a parallelogram stands in a direction, nearer than a reach."""
    for i in range(len(corners)):
        slope = (
            normals[i, 0] * direction[0]
            + normals[i, 1] * direction[1]
            + normals[i, 2] * direction[2]
        )
        if slope == 0:
            continue
        x, y, z = corners[i, 0] - place[0], corners[i, 1] - place[1], corners[i, 2] - place[2]
        t = (normals[i, 0] * x + normals[i, 1] * y + normals[i, 2] * z) / slope
        if t <= 0 or t > reach:
            continue
        x, y, z = t * direction[0] - x, t * direction[1] - y, t * direction[2] - z
        a = dual_along[i, 0] * x + dual_along[i, 1] * y + dual_along[i, 2] * z
        b = dual_down[i, 0] * x + dual_down[i, 1] * y + dual_down[i, 2] * z
        if 0 <= a <= 1 and 0 <= b <= 1:
            return True
    return False


@njit(nogil=True, cache=True, error_model="numpy")
def _light_places(  # type: ignore[no-untyped-def]
    places,
    facing,
    sun,
    directions,
    corners,
    normals,
    dual_along,
    dual_down,
    light,
    first,
    last,
):
    across, beside, ray = np.empty(3), np.empty(3), np.empty(3)
    for i in range(first, last):
        n, place = facing[i], places[i]
        slope = n[0] * sun[0] + n[1] * sun[1] + n[2] * sun[2]
        value = 0.0
        if slope > 0 and not _is_hidden(
            place, sun, np.inf, corners, normals, dual_along, dual_down
        ):
            value += SUN_LIGHT * slope
        # Two directions that stand upright on the normal and on each other.
        if abs(n[2]) < 0.9:
            across[0], across[1], across[2] = -n[1], n[0], 0.0
        else:
            across[0], across[1], across[2] = 0.0, -n[2], n[1]
        across /= np.sqrt((across**2).sum())
        beside[0] = n[1] * across[2] - n[2] * across[1]
        beside[1] = n[2] * across[0] - n[0] * across[2]
        beside[2] = n[0] * across[1] - n[1] * across[0]
        for r in range(len(directions)):
            for k in range(3):
                ray[k] = (
                    directions[r, 0] * across[k]
                    + directions[r, 1] * beside[k]
                    + directions[r, 2] * n[k]
                )
            if not _is_hidden(place, ray, _SKY_REACH, corners, normals, dual_along, dual_down):
                value += SKY_LIGHT / len(directions)
        light[i] = np.float32(min(value, 1.0))

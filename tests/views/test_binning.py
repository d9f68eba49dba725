"""Lists of Gaussians by tile: complete, and from near to far."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecam.views.binning import bin_gaussians, depth_order, split_tiles
from spikecam.views.camera import Intrinsics
from spikecam.views.projection import project_gaussians
from spikecam.views.rasterizer import MIN_ALPHA, TILE_PIXELS
from spikecam.views.splats import Splats

SEEDS = st.integers(0, 2**32 - 1)
LENS = Intrinsics(90, 70, 80.0, 80.0, 45.0, 35.0)


def project(scene, pose, lens=LENS):
    splats = Splats.empty(len(scene), scene.harmonics.shape[2])
    numbers = np.array((lens.fx, lens.fy, lens.cx, lens.cy, lens.width, lens.height), np.float32)
    view = pose.astype(np.float32)
    project_gaussians(
        *scene.parameters(),
        view,
        numbers,
        MIN_ALPHA,
        TILE_PIXELS,
        tuple(splats),
        0,
        len(scene),
    )
    return splats


def alphas(splats, n, columns, rows):
    """Alphas of a splat in every pixel, by the formula."""
    y, x = np.indices((rows * TILE_PIXELS, columns * TILE_PIXELS)) + 0.5
    dx, dy = x - float(splats.centres[n, 0]), y - float(splats.centres[n, 1])
    a, b, c = splats.conics[n].astype(np.float64)
    return splats.opacities[n] * np.exp(-0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy)


@given(SEEDS, st.sampled_from([0.003, 0.03, 0.3, 2.0]))
@settings(max_examples=25)
def test_every_tile_that_a_splat_touches_lists_it_by_depth(scene_of, turned_camera, seed, size):
    scene = scene_of(20, size=size, seed=seed)
    splats = project(scene, turned_camera.world_to_camera)
    columns, rows = math.ceil(LENS.width / TILE_PIXELS), math.ceil(LENS.height / TILE_PIXELS)
    order = depth_order(splats.depths, splats.tiles)
    starts, entries = bin_gaussians(order, splats, columns, rows)
    lists = [set(entries[a:b]) for a, b in pairwise(starts)]
    assert sum(map(len, lists)) == len(entries) == starts[-1]
    for a, b in pairwise(starts):
        assert (np.diff(splats.depths[entries[a:b]]) >= 0).all()
    in_view = splats.tiles[:, 0] < splats.tiles[:, 1]
    for n in np.flatnonzero(in_view):
        # Rounding decides about a pixel at the very limit.
        is_drawn = alphas(splats, n, columns, rows) >= MIN_ALPHA * 1.0001
        tiles = is_drawn.reshape(rows, TILE_PIXELS, columns, TILE_PIXELS).any((1, 3))
        for tile in np.flatnonzero(tiles.ravel()):
            assert n in lists[tile]


def test_long_splats_are_listed_where_they_are_alone(scene_of, turned_camera):
    scene = scene_of(200)
    scene.log_scales[:] = np.log([0.4, 1e-3, 1e-3])
    splats = project(scene, turned_camera.world_to_camera)
    order = depth_order(splats.depths, splats.tiles)
    _, entries = bin_gaussians(order, splats, 6, 5)
    x0, x1, y0, y1 = splats.tiles[order].T
    assert len(entries) < 0.75 * ((x1 - x0) * (y1 - y0)).sum()


@given(SEEDS, st.integers(0, 300))
@settings(max_examples=25)
def test_order_of_depth_is_a_stable_sort_of_what_is_in_view(seed, count):
    rng = np.random.default_rng(seed)
    depths = np.exp(rng.uniform(-5, 9, count)).astype(np.float32)
    # Some are equal.
    depths[: count // 2] = np.round(depths[: count // 2]) + 1
    tiles = np.zeros((count, 4), np.int32)
    tiles[:, 1] = rng.integers(0, 2, count)
    in_view = np.flatnonzero(tiles[:, 1])
    expected = in_view[np.argsort(depths[in_view], kind="stable")]
    np.testing.assert_array_equal(depth_order(depths, tiles), expected)


@given(SEEDS, st.integers(1, 40), st.integers(1, 12))
@settings(max_examples=25)
def test_spans_hold_every_tile_once_and_share_the_work(seed, tiles, parts):
    sizes = np.random.default_rng(seed).integers(0, 100, tiles)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    edges = split_tiles(starts, parts)
    assert len(edges) == parts + 1
    assert edges[0] == 0
    assert edges[-1] == tiles
    assert (np.diff(edges) >= 0).all()
    work = np.add.reduceat(np.append(sizes + 8, 0), edges[:-1]) * (np.diff(edges) > 0)
    assert work.max() <= (sizes.sum() + 8 * tiles) / parts + sizes.max() + 8


@pytest.mark.parametrize("count", [0, 3])
def test_without_splats_in_view_all_lists_are_empty(count):
    splats = Splats.empty(count, 1)
    splats.tiles[:] = 0
    starts, entries = bin_gaussians(depth_order(splats.depths, splats.tiles), splats, 3, 2)
    np.testing.assert_array_equal(starts, np.zeros(7))
    assert len(entries) == 0

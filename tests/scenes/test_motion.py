from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecam.errors import OptionError, RangeError
from spikecam.scenes.camera_path import mean_path_length, random_camera_path
from spikecam.scenes.layers import iter_rendered_frames, make_moving_layer
from spikecam.scenes.motion import moving_scene

SIZE = (96, 128)
EXPOSURE = (4, 21)


def texture(height, width, seed=0):
    """A photograph stand-in: noise at two scales, away from black and white."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.random((height // 8 + 1, width // 8 + 1, 3)), np.ones((8, 8, 1)))
    return 0.2 + 0.3 * coarse[:height, :width] + 0.3 * rng.random((height, width, 3))


def scene(photo, speed, **options):
    given = {"size": SIZE, "frames": 25, "exposure": EXPOSURE, "seed": 1} | options
    return np.stack(list(moving_scene(photo, speed=speed, **given)))


def formula(x, y):
    """A smooth picture that is known everywhere, (h, w, 3)."""
    waves = [np.sin(0.11 * x + 0.07 * y), np.cos(0.05 * x - 0.13 * y), np.sin(0.16 * y + 1)]
    return 0.5 + 0.45 * np.stack(waves, axis=-1)


def test_places_are_exact():
    y, x = np.mgrid[:160, :200].astype(float)
    matrix = np.array([[0.97, -0.11, 31.37], [0.09, 1.02, 17.81], [2e-4, -1e-4, 1]])
    (frame,) = iter_rendered_frames([make_moving_layer(formula(x, y), matrix[None])], SIZE)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    seen = np.einsum("ij,jyx->iyx", matrix, np.stack([x, y, np.ones_like(x)]))
    exact = 255 * formula(seen[0] / seen[2], seen[1] / seen[2])
    # Rounding to a level alone is 0.5.
    assert np.abs(frame - exact).max() < 0.6


@pytest.mark.parametrize("shift", [1 / 64, 1 / 4, 19 / 64])
def test_a_small_shift_is_seen_as_such(shift):
    """A ramp of 1 level a pixel, whose 64 rows lie 1/64 level apart, so that rounding evens out."""
    y, x = np.mgrid[:90, :200].astype(float)
    ramp = (x + 37 / 64 * y + 5 + 1 / 128) / 255
    shifts = np.tile(np.eye(3), (2, 1, 1))
    shifts[:, :2, 2] = [(20, 10), (20 + shift, 10)]
    before, after = iter_rendered_frames(
        [make_moving_layer(np.dstack([ramp] * 3), shifts)], (64, 128)
    )
    assert after.astype(float).mean() - before.mean() == pytest.approx(shift, abs=0.002)


@pytest.mark.parametrize("speed", [0.5, 7, 30])
def test_speed_is_the_way_that_the_content_goes(speed):
    for seed in range(5):
        path = random_camera_path(np.random.default_rng(seed), SIZE, 25, EXPOSURE, speed)
        assert mean_path_length(path, SIZE, EXPOSURE) == pytest.approx(speed, rel=0.01)


def test_the_frames_move_as_fast_as_asked():
    """Measured on the frames: a pattern's phase is followed from frame to frame."""
    photo = 0.5 + 0.4 * np.sin(2 * np.pi * np.mgrid[:300, :400] / 40)
    photo = np.stack([photo[0], photo[1], photo[0]], axis=-1)
    frames = scene(photo, 12, size=(192, 256))
    path = random_camera_path(np.random.default_rng((1, 0)), (192, 256), 25, EXPOSURE, 12)
    assert mean_path_length(path, (192, 256), EXPOSURE) == pytest.approx(12, rel=0.01)
    # The change between frames at the middle row and column, over the slope there.
    change = np.diff(frames[slice(*EXPOSURE)].astype(float), axis=0)
    middle = frames[slice(*EXPOSURE)][:-1].astype(float)
    way = 0.0
    for c, f in zip(change, middle, strict=True):
        steps = []
        for channel in (0, 1):
            down, across = np.gradient(f[..., channel])
            slopes = np.stack([down.ravel(), across.ravel()], axis=1)
            steps.append((slopes, -c[..., channel].ravel()))
        # One translation for all is a coarse model of a path that also turns and zooms.
        slopes, levels = (np.concatenate(part) for part in zip(*steps, strict=True))
        way += np.hypot(*np.linalg.lstsq(slopes, levels, rcond=None)[0])
    assert way == pytest.approx(12, rel=0.2)


def test_no_motion_gives_the_same_frame():
    frames = scene(texture(120, 150), 0)
    assert (frames == frames[0]).all()


@given(st.integers(0, 2**32))
def test_paths_are_smooth(seed):
    speed, frames = 60, 137
    path = random_camera_path(np.random.default_rng(seed), (384, 512), frames, (20, 117), speed)
    x, y = np.meshgrid([-255.5, 0, 255.5], [-191.5, 0, 191.5])
    seen = path @ np.stack([x.ravel(), y.ravel(), np.ones(9)])
    ways = seen[:, :2] / seen[:, 2:]
    steps, bends = np.diff(ways, axis=0), np.diff(ways, n=2, axis=0)
    # One cycle in 97 frames turns a velocity by 2 pi / 97 a frame; corners go faster than most.
    assert np.abs(steps).max() < 6 * speed / 97
    assert np.abs(bends).max() < 3 * speed / 97 * 2 * np.pi / 97


def test_the_same_seed_gives_the_same_bits():
    photo, piece = texture(140, 180), texture(100, 100, 1)
    first = scene(photo, 9, foregrounds=[piece])
    assert np.array_equal(first, scene(photo, 9, foregrounds=[piece]))
    assert not np.array_equal(first, scene(photo, 9, foregrounds=[piece], seed=2))
    # What is in front does not change the way of what is behind.
    behind = scene(photo, 9)
    assert 0.3 < (first == behind).all(axis=-1).mean() < 1


@pytest.mark.parametrize("shape", [(384, 384), (60, 90), (1000, 700)])
def test_no_border_shows(shape):
    """What lies outside a photograph is black."""
    for seed in range(5):
        options = {"size": (384, 512), "frames": 57, "exposure": (8, 49), "seed": seed}
        frames = moving_scene(np.full(shape, 0.4), speed=60, **options)
        for frame in islice(frames, 0, None, 8):
            assert (frame == 102).all()


def test_small_photographs_are_enlarged_and_large_ones_reduced():
    """Stripes of 8 pixels show at their scale in the middle row of the frame."""

    def crossings(side):
        stripes = 0.5 + 0.4 * np.sign(np.sin(2 * np.pi * (np.arange(side) + 0.5) / 16))
        frame = scene(np.tile(stripes, (side, 1)), 0)[0][48, :, 0].astype(int) - 128
        return (np.diff(np.sign(frame)) != 0).sum()

    assert crossings(64) == pytest.approx(64 / 8, abs=1)
    # At most the whole photograph, at least the share that its reduction by 1.6 less leaves.
    assert 512 / 1.6 / 8 - 2 <= crossings(512) <= 512 / 8


def test_layers_are_laid_over_each_other_exactly():
    coverage = np.zeros((40, 40, 1))
    coverage[5:-5, 5:-5] = 0.25
    front = np.concatenate([np.full((40, 40, 3), 0.9) * coverage, coverage], axis=2)
    place = np.eye(3)[None]
    (frame,) = iter_rendered_frames(
        [make_moving_layer(np.full((40, 40, 3), 0.4), place), make_moving_layer(front, place)],
        (40, 40),
    )
    assert (frame[12:-12, 12:-12] == round(255 * (0.25 * 0.9 + 0.75 * 0.4))).all()
    assert (frame[:3] == round(255 * 0.4)).all()


def test_a_foreground_of_the_same_colour_leaves_no_fringe():
    flat = np.full((200, 200, 3), 0.6)
    frames = scene(flat, 10, foregrounds=[flat, flat])
    assert np.ptp(frames) <= 1
    assert abs(int(frames[0, 0, 0, 0]) - 153) <= 1


@pytest.mark.parametrize("seed", [0, 2, 19])
def test_foregrounds_may_be_of_photographs_that_just_fit(seed):
    small = texture(30, 40)
    frames = scene(small, 1, size=(128, 128), foregrounds=[small], seed=seed)
    assert frames.shape == (25, 128, 128, 3)


def test_foregrounds_have_soft_edges_and_their_own_way():
    frames = scene(np.full((200, 200), 0.2), 0, foregrounds=[np.full((200, 200), 0.9)])
    levels = frames[12, ..., 0]
    edge = (levels > 55) & (levels < 225)
    inside = levels >= 225
    assert 50 < inside.sum() < levels.size / 2
    # An outline one to three pixels wide, not a jump and not a haze.
    assert 0.1 < edge.sum() / np.sqrt(inside.sum()) < 15
    assert not np.array_equal(frames[4], frames[20])


def test_gray_bytes_and_floats_are_the_same_picture():
    levels = np.rint(texture(140, 180) * 255).astype(np.uint8)
    assert np.array_equal(scene(levels, 3), scene(levels / 255, 3))
    gray = levels[..., 0]
    assert np.array_equal(scene(gray, 3), scene(np.dstack([gray] * 3), 3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speed": -1}, "0 to 48 pixels"),
        ({"speed": float("nan")}, "0 to 48 pixels"),
        ({"speed": 49}, "0 to 48 pixels"),
        ({"photo": np.full((50, 50), np.nan)}, "run from nan"),
        ({"photo": np.full((50, 50), 1.5)}, r"in \[0, 1\]"),
        ({"photo": np.zeros((50, 50), int)}, "8-bit levels"),
        ({"photo": np.zeros((50, 8))}, "at least 16 pixels"),
        ({"foregrounds": [np.full((50, 50), -1.0)]}, "foreground 0"),
        ({"size": (96.0, 128)}, "whole numbers"),
        ({"size": (4, 4)}, "at least 16"),
        ({"seed": -1}, "seed is 0 or more"),
    ],
)
def test_scenes_that_cannot_be_are_refused_at_once(change, message):
    arguments = {"photo": texture(100, 100), "size": SIZE, "speed": 3, "seed": 0} | change
    with pytest.raises(OptionError, match=message):
        moving_scene(arguments.pop("photo"), **arguments)


@pytest.mark.parametrize("exposure", [(-1, 5), (5, 200), (7, 8), (8, 7)])
def test_an_exposure_lies_in_the_frames(exposure):
    with pytest.raises(RangeError, match="0:137"):
        moving_scene(texture(100, 100), exposure=exposure, size=SIZE, speed=3, seed=0)

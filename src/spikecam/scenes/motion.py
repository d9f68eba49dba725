"""Synthetic scenes: a camera and foregrounds that move over photographs, as sharp frames."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from spikecam.errors import OptionError, RangeError
from spikecam.picture import Picture, as_colour, as_floats
from spikecam.scenes.camera_path import (
    Matrices,
    apply_homographies,
    box_corners,
    random_camera_path,
)
from spikecam.scenes.layers import Frame, MovingLayer, iter_rendered_frames, make_moving_layer
from spikecam.stream import Span

# Frames of a scene by default and its exposure (start, stop), as a pair of Spike-GOPRO has them.
SCENE_FRAMES, SCENE_EXPOSURE = 137, (20, 117)
# Fastest motion of a foreground, in pixels per exposure.
MAX_FOREGROUND_SPEED = 60.0

# Upper limit of the random reduction of a large photograph, whose finest detail is noise.
_MAX_EXTRA_REDUCTION = 1.6
# Smallest side of a photograph or a frame.
MIN_SIDE = 16


def moving_scene(
    photo: npt.ArrayLike,
    *,
    size: tuple[int, int] = (384, 512),
    frames: int = SCENE_FRAMES,
    exposure: Span = SCENE_EXPOSURE,
    speed: float,
    foregrounds: Sequence[npt.ArrayLike] = (),
    seed: int,
) -> Iterator[Frame]:
    """Iterate over sharp frames of a camera that moves over a photograph.

    They are the truth behind a blurry picture, their mean.

    The path is a smooth random mixture of translation, rotation, zoom and tilt, as a hand moves
    (`random_camera_path`). A photograph that is too small for the view and its path is enlarged
    just enough that no border shows; a larger one is reduced by a random factor. Foregrounds are
    soft-edged random pieces of other photographs, each on a path of its own with a speed of 0 to
    60 pixels in the exposure; later ones lie in front, and they may leave the view.

    Args:
        photo: the background, (h, w) or (h, w, 3), uint8 or floats in [0, 1].
        size: height and width of the frames.
        frames: how many.
        exposure: frames (start, stop) of the exposure, at least two.
        speed: pixels of the frame that the background moves from the exposure's first frame to
            its last: the mean length of the trajectories of points all over the frame.
        foregrounds: photographs that the moving pieces are cut from.
        seed: the same seed gives the same bits, and the same background whatever is in front.

    Returns:
        Iterator over uint8 frames (H, W, 3), made one at a time.

    Raises:
        OptionError: pictures that are not finite or not in [0, 1], a speed below 0 or above half
            the frame's shorter side, or a size or seed that cannot be.
        RangeError: the exposure leaves the frames.

    >>> photo = np.random.default_rng(0).random((60, 80, 3))
    >>> scene = moving_scene(photo, size=(48, 64), frames=9, exposure=(2, 7), speed=3, seed=0)
    >>> np.stack(list(scene)).shape
    (9, 48, 64, 3)
    """
    layers = scene_layers(
        photo,
        size=size,
        frames=frames,
        exposure=exposure,
        speed=speed,
        foregrounds=foregrounds,
        seed=seed,
    )
    return iter_rendered_frames(layers, size)


def scene_layers(
    photo: npt.ArrayLike,
    *,
    size: tuple[int, int],
    frames: int,
    exposure: Span,
    speed: float,
    foregrounds: Sequence[npt.ArrayLike] = (),
    seed: int,
) -> list[MovingLayer]:
    """The layers of a moving scene, the background first; arguments are those of `moving_scene`."""
    _check_arguments(size, frames, exposure, speed, seed)
    background = _as_colour(photo, "the photograph")
    pieces = [_as_colour(piece, f"foreground {i}") for i, piece in enumerate(foregrounds)]
    rng = np.random.default_rng((seed, 0))
    path = random_camera_path(rng, size, frames, exposure, speed)
    layers = [_background_layer(rng, background, path, size)]
    for number, piece in enumerate(pieces, start=1):
        rng = np.random.default_rng((seed, number))
        layers.append(_foreground_layer(rng, piece, size, frames, exposure))
    return layers


def _translation(x: float, y: float) -> Matrices:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _background_layer(
    rng: np.random.Generator, photo: Picture, path: Matrices, size: tuple[int, int]
) -> MovingLayer:
    """Make the layer of the background, scaled and placed so that the path stays inside."""
    centred_path = path @ _translation(-(size[1] - 1) / 2, -(size[0] - 1) / 2)
    visible = apply_homographies(centred_path, box_corners(size[1] - 1, size[0] - 1))
    low, high = visible.min(axis=(0, 2)), visible.max(axis=(0, 2))
    sides = np.array(photo.shape[1::-1])
    reduction = float(((sides - 1) / (high - low)).min())
    if reduction > 1:
        chosen = reduction / rng.uniform(1, min(_MAX_EXTRA_REDUCTION, reduction))
        sides = np.maximum(np.rint(sides / chosen), np.ceil(high - low) + 1).astype(int)
        photo, reduction = _resize(photo, sides[0], sides[1]), 1.0
    # Enlarging is left to the interpolation, which is sharper than doing both.
    offset = rng.uniform(0, 1, size=2) * (sides - 1 - reduction * (high - low)) - reduction * low
    scaling = np.diag([reduction, reduction, 1])
    return make_moving_layer(photo, _translation(*offset) @ scaling @ centred_path)


def _foreground_layer(
    rng: np.random.Generator,
    photo: Picture,
    size: tuple[int, int],
    frame_count: int,
    exposure: Span,
) -> MovingLayer:
    """Make a layer of a random piece of a photograph, which moves on a path of its own."""
    sides = [round(float(rng.uniform(0.2, 0.6)) * min(size)) + 8 for _ in range(2)]
    coverage = _random_soft_mask(rng, sides[0], sides[1])
    fits = min(photo.shape[0] / sides[0], photo.shape[1] / sides[1])
    # A part of the photograph at between its own resolution and a third of it.
    taken = [min(max(1, rng.uniform(1, 3)), fits) * side for side in sides]
    top, left = (
        # A part that just fits may be larger by a rounding error.
        int(rng.uniform(0, max(whole - part, 0)))
        for whole, part in zip(photo.shape[:2], taken, strict=True)
    )
    part = photo[top : top + math.ceil(taken[0]), left : left + math.ceil(taken[1])]
    colour = _resize(part, sides[1], sides[0])
    picture = np.concatenate([colour, np.ones_like(coverage)[..., None]], axis=2)
    picture *= coverage[..., None]
    path = random_camera_path(
        rng, size, frame_count, exposure, rng.uniform(0, MAX_FOREGROUND_SPEED)
    )
    middle = [(side - 1) / 2 for side in sides]
    y, x = rng.uniform(0, 1, size=2) * size
    return make_moving_layer(
        picture, _translation(middle[1], middle[0]) @ path @ _translation(-x, -y)
    )


def _random_soft_mask(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Alpha mask (H, W) of a random soft-edged shape: ellipse, rounded polygon or blob."""
    angles = np.linspace(-np.pi, np.pi, 721)
    kind = rng.integers(3)
    radius = np.ones_like(angles)
    if kind == 1:
        half = np.pi / rng.integers(3, 8)
        phase_angle = (angles + rng.uniform(0, 2 * np.pi)) % (2 * half) - half
        # A polygon's corners are rounded by a ring around it.
        radius = np.cos(half) / np.cos(phase_angle)
        radius = np.minimum(radius, rng.uniform(np.cos(half), 1))
    elif kind == 2:
        waves = np.arange(2, 6)[:, None]
        heights, phases = rng.normal(scale=0.25, size=(4, 1)) / waves, rng.uniform(0, 7, (4, 1))
        radius = np.exp((heights * np.cos(waves * angles + phases)).sum(axis=0))
    radius /= radius.max()
    edge_width = rng.uniform(1.5, 3)
    half_size = np.array([height, width]) / 2 - 3 - edge_width / 2
    y, x = np.mgrid[:height, :width] - np.array([height - 1, width - 1])[:, None, None] / 2
    y, x = y / half_size[0], x / half_size[1]
    radial_distance, direction = np.hypot(y, x), np.arctan2(y, x)
    edge = np.interp(direction, angles, radius)
    # Distance from the edge in pixels, positive inside: the field divided by its gradient.
    edge_distance = edge - radial_distance
    slope = np.maximum(np.hypot(*np.gradient(edge_distance)), 1e-6)
    inside = np.clip(edge_distance / slope / edge_width + 0.5, 0, 1)
    coverage: Picture = (inside * inside * (3 - 2 * inside)).astype(np.float32)
    return coverage


def _resize(photo: Picture, width: int, height: int) -> Picture:
    """Resize a photograph with antialiasing, (h, w, 3) in [0, 1]."""
    levels = Image.fromarray(np.rint(photo * np.float32(255)).astype(np.uint8))
    resized = levels.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized, np.float32) / np.float32(255)


def _check_arguments(
    size: tuple[int, int], frames: int, exposure: Span, speed: float, seed: int
) -> None:
    try:
        sides, count = [operator.index(side) for side in size], operator.index(frames)
        (start, stop), number = map(operator.index, exposure), operator.index(seed)
    except (TypeError, ValueError):
        raise OptionError(
            "size, frames, exposure and seed of a scene are whole numbers: "
            f"not {size}, {frames}, {exposure}, {seed}"
        ) from None
    if len(sides) != 2 or min(sides) < MIN_SIDE:
        raise OptionError(
            f"a scene's size is a height and a width of at least {MIN_SIDE} pixels, not {size}"
        )
    if not 0 <= start < stop - 1 < count:
        raise RangeError(
            f"an exposure {start}:{stop} does not lie in {count} frames, or has fewer than two; "
            f"choose one in 0:{count}"
        )
    # Any faster, and a tilt of the camera could bring the horizon into view.
    if not 0 <= speed <= min(sides) / 2:
        raise OptionError(
            f"the speed of a scene of this size is 0 to {min(sides) // 2} pixels in the exposure, "
            f"not {speed}"
        )
    if number < 0:
        raise OptionError(f"a seed is 0 or more, not {seed}")


def _as_colour(picture: npt.ArrayLike, name: str) -> Picture:
    """Convert a photograph to float32 (h, w, 3) in [0, 1]. A small one is refused."""
    floats = as_floats(picture, name)
    if min(floats.shape[:2]) < MIN_SIDE:
        raise OptionError(
            f"{name} is {floats.shape[1]}x{floats.shape[0]}; take one of at least {MIN_SIDE} "
            "pixels a side"
        )
    return as_colour(floats)

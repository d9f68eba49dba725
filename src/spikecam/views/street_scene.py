"""A scene with a background: a street corner with crates, houses, hills and mountains.

It is drawn by this module alone, so that everybody has the same. Lengths are metres, z is up, and
cameras look along y.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.picture import Picture
from spikecam.views.camera import Camera, CameraAt, Intrinsics
from spikecam.views.poses import look_at
from spikecam.views.quad_scene import Quad, QuadScene
from spikecam.views.shading import with_light
from spikecam.views.textures import (
    bricks,
    crate_side,
    grass,
    house_front,
    panorama,
    paving,
    planks,
    plaster,
    poster,
    sign,
    stripes,
)

Floats = npt.NDArray[np.float64]

# Direction to the sun, behind the left shoulder of the cameras.
_SUN = np.array([-0.55, -0.6, 0.75])
# Distance between places where shading is computed.
_SHADING_SPACING = 0.09
# Half the side of the box of sky, and its height.
_SKY_REACH, _SKY_HEIGHT = 60.0, 45.0
# Where the panorama is seen as it is drawn.
_EYE = np.array([0.0, -3.0, 1.5])

# The flight: an arc around a place, from one side to the other.
_UP = np.array([0.0, 0.0, 1.0])
_TARGET = np.array([0.1, 2.2, 1.2])
_DISTANCE = 6.2
_HALF_ANGLE = 0.42
_FIELD_OF_VIEW = 1.0


def street_scene() -> QuadScene:
    """Draw the street corner, always the same."""
    rng = np.random.default_rng(0)
    things = [*_houses(rng), *_crates(rng), *_furniture(rng)]
    ground = _ground(rng)
    lit = with_light([*things, ground], things, _SUN, _SHADING_SPACING)
    hills = with_light(_hills(rng), [], _SUN, np.inf)
    return QuadScene([*lit, *hills, *_sky(rng)])


def street_flight(frame_count: int, *, width: int = 400, height: int = 250) -> CameraAt:
    """Flight of a camera through the street: sideways on an arc, up and down a little.

    Args:
        frame_count: frames from one end of the arc to the other.
        width, height: of the picture.

    Returns:
        The camera at a time in frames, from 0 to ``frame_count - 1``.

    Raises:
        OptionError: fewer than 2 frames.
    """
    if frame_count < 2:
        raise OptionError(f"a flight has at least 2 frames, not {frame_count}")
    intrinsics = Intrinsics.from_field_of_view(width, height, _FIELD_OF_VIEW)

    def camera_at(time: float) -> Camera:
        return _camera_on_arc(intrinsics, time / (frame_count - 1))

    return camera_at


def street_test_cameras(count: int, *, width: int = 400, height: int = 250) -> list[Camera]:
    """Cameras near the flight through the street and not on it, to judge new views by.

    They are between 5 and 30 cm beside the arc, above or below it, nearer or farther.
    """
    intrinsics = Intrinsics.from_field_of_view(width, height, _FIELD_OF_VIEW)
    rng = np.random.default_rng(0)
    cameras = []
    for i in range(count):
        direction = rng.standard_normal(3)
        shift = direction / np.linalg.norm(direction) * rng.uniform(0.05, 0.3)
        cameras.append(_camera_on_arc(intrinsics, (i + 0.5) / count, shift))
    return cameras


def _camera_on_arc(
    intrinsics: Intrinsics, place: float, shift: Floats | tuple[float, ...] = (0.0, 0.0, 0.0)
) -> Camera:
    """Camera at a place of the arc, 0 to 1, moved by a shift."""
    angle = -_HALF_ANGLE * np.cos(np.pi * place)
    height = 0.55 + 0.3 * np.sin(2 * np.pi * place)
    away = np.array([np.sin(angle), -np.cos(angle), height / _DISTANCE])
    return Camera(intrinsics, look_at(_TARGET + _DISTANCE * away + shift, _TARGET, _UP))


def _box(
    middle: tuple[float, float, float],
    size: tuple[float, float, float],
    sides: Picture | list[Picture],
    *,
    turn: float = 0.0,
    top: Picture | None = None,
    repeats: float | None = None,
) -> list[Quad]:
    """Six faces of a box.

    Args:
        middle: of its lower face.
        size: along x, y and z, before the turn.
        sides: texture of all sides, or of front, right, back and left.
        turn: around z in radians.
        top: texture of the upper and lower face; by default that of the front.
        repeats: length in metres of a texture that is repeated; by default it is stretched.
    """
    textures = sides if isinstance(sides, list) else [sides] * 4
    cos, sin = np.cos(turn), np.sin(turn)
    x, y, z = np.array([cos, sin, 0]), np.array([-sin, cos, 0]), np.array([0, 0, 1.0])
    long, deep, high = size
    base = np.array(middle, np.float64)

    def face(normal: Floats, along: Floats, down: Floats, texture: Picture) -> Quad:
        corner = base + z * high / 2 + normal - (along + down) / 2
        lengths = float(np.linalg.norm(along)), float(np.linalg.norm(down))
        counts = (1.0, 1.0) if repeats is None else (lengths[0] / repeats, lengths[1] / repeats)
        return Quad(corner, along, down, texture, counts)

    front, right, back, left = textures
    lid = front if top is None else top
    return [
        face(-y * deep / 2, x * long, -z * high, front),
        face(x * long / 2, y * deep, -z * high, right),
        face(y * deep / 2, -x * long, -z * high, back),
        face(-x * long / 2, -y * deep, -z * high, left),
        face(z * high / 2, x * long, -y * deep, lid),
        face(-z * high / 2, x * long, y * deep, lid),
    ]


def _ground(rng: np.random.Generator) -> Quad:
    return Quad(
        np.array([-9.0, 13.0, 0]),
        np.array([18.0, 0, 0]),
        np.array([0, -22.0, 0]),
        paving(rng),
        (8.0, 10.0),
    )


def _houses(rng: np.random.Generator) -> list[Quad]:
    brick, cream = bricks(rng), plaster(rng, (0.9, 0.84, 0.68))
    gray_brick = bricks(rng, (0.66, 0.64, 0.6), (0.44, 0.42, 0.42))
    roof = planks(rng, (0.45, 0.3, 0.27), 12)
    red_front = house_front(rng, brick, 4, 1)
    cream_front = house_front(rng, cream, 3, 2)
    tower_front = house_front(rng, gray_brick, 2, 0)
    sides = house_front(rng, brick, 3)
    quads = [
        *_box((-4.2, 6.2, 0), (4.6, 3.6, 3.3), [red_front, sides, brick, sides], top=roof),
        *_box((-4.2, 6.1, 3.3), (5.0, 4.2, 0.2), roof),
        *_box((3.9, 7.0, 0), (4.6, 4.0, 3.7), [cream_front, cream, cream, cream_front], top=roof),
        *_box((3.9, 6.9, 3.7), (5.0, 4.5, 0.2), roof),
        *_box((-1.2, 12.0, 0), (2.2, 2.2, 5.2), tower_front, top=roof),
        *_box((-1.2, 12.0, 5.2), (2.6, 2.6, 0.3), roof),
        # A wall along the street, as long as the pavement.
        *_box((-7.6, 8.6, 0), (3.4, 0.4, 1.7), gray_brick, repeats=1.6),
        *_box((7.4, 8.6, 0), (3.4, 0.4, 1.7), gray_brick, repeats=1.6),
    ]
    # An awning and signs, a little before the walls.
    cloth = stripes(rng, ((0.85, 0.2, 0.18), (0.95, 0.93, 0.88)))
    quads.append(
        Quad(np.array([2.6, 4.99, 1.95]), np.array([2.6, 0, 0]), np.array([0, -0.9, -0.45]), cloth)
    )
    names = sign(rng, "BAKERY", (0.2, 0.32, 0.26), (0.96, 0.9, 0.66))
    quads += _box((3.9, 4.95, 1.97), (1.6, 0.08, 0.4), names)
    books = sign(rng, "BOOKS", (0.75, 0.62, 0.36), (0.14, 0.1, 0.3))
    quads += _box((-4.2, 4.35, 1.56), (1.6, 0.08, 0.4), books)
    for x, words in ((-6.05, "CIRCUS"), (-2.32, "MUSIC")):
        quads += _box((x, 4.36, 0.6), (0.62, 0.04, 0.8), poster(rng, words))
    return quads


def _crates(rng: np.random.Generator) -> list[Quad]:
    crates = [
        ((-1.5, 0.9, 0.0), 1.0, 0.35, "TEA"),
        ((-1.45, 0.95, 1.0), 0.62, -0.3, "SALT"),
        ((-0.35, 1.6, 0.0), 0.75, -0.5, "WINE"),
        ((1.15, 1.2, 0.0), 0.9, 0.6, "GLASS"),
        ((2.3, 2.6, 0.0), 1.2, -0.2, "SPIKES"),
        ((2.25, 2.5, 1.2), 0.6, 0.4, "FISH"),
        ((0.25, -0.6, 0.0), 0.42, 0.8, "EGGS"),
    ]
    lid = crate_side(rng, "UP")
    quads = []
    for middle, side, turn, words in crates:
        x, y = np.array(middle[:2]) + rng.uniform(-0.03, 0.03, 2)
        size = (side, side, side)
        angle = turn + rng.uniform(-0.06, 0.06)
        place = (float(x), float(y), middle[2])
        quads += _box(place, size, crate_side(rng, words), turn=angle, top=lid)
    return quads


def _furniture(rng: np.random.Generator) -> list[Quad]:
    wood, dark = planks(rng, (0.62, 0.44, 0.28), 4), planks(rng, (0.3, 0.27, 0.25), 4)
    quads = []
    # A board that leans, with a poster on both sides.
    for lean, words in ((0.28, "FLIGHT"), (-0.28, "SUMMER")):
        corner = np.array([-2.75, 0.15, 1.15])
        down = np.array([0, -lean, -1.15])
        quads.append(Quad(corner, np.array([0.8, 0.18, 0]), down, poster(rng, words)))
    # A table with books.
    quads += _box((1.75, -0.25, 0.72), (1.3, 0.7, 0.06), wood)
    for x, y in ((1.2, -0.52), (2.3, -0.52), (1.2, 0.02), (2.3, 0.02)):
        quads += _box((x, y, 0), (0.07, 0.07, 0.72), wood)
    height = 0.78
    for i in range(4):
        cover = poster(rng, ("ART", "ATLAS", "FABLES", "STARS")[i])
        thick = float(rng.uniform(0.05, 0.09))
        size = (0.42 - 0.04 * i, 0.3 - 0.02 * i, thick)
        quads += _box((1.5, -0.25, height), size, cover, turn=float(rng.uniform(-0.5, 0.5)))
        height += thick
    quads += _box(
        (2.05, -0.2, 0.78), (0.26, 0.26, 0.3), stripes(rng, ((0.2, 0.4, 0.7), (0.95, 0.95, 0.9)), 4)
    )
    # A lamp, and a fence.
    quads += _box((-3.15, 1.9, 0), (0.1, 0.1, 2.6), dark)
    quads += _box(
        (-3.15, 1.9, 2.6), (0.3, 0.3, 0.42), stripes(rng, ((0.98, 0.93, 0.7), (0.3, 0.27, 0.25)), 3)
    )
    for i in range(7):
        quads += _box((3.5 + 0.42 * i, 2.2 - 0.12 * i, 0), (0.09, 0.09, 1.05), wood)
    for z in (0.35, 0.8):
        turn = float(np.arctan2(-0.12, 0.42))
        quads += _box((4.76, 1.84, z), (2.7, 0.04, 0.1), wood, turn=turn)
    return quads


def _hills(rng: np.random.Generator) -> list[Quad]:
    """Hills behind the street: heights f(x) + g(y), whose facets are parallelograms."""
    meadow = grass(rng)
    flat = Quad(
        np.array([-_SKY_REACH, _SKY_REACH, -0.03]),
        np.array([2 * _SKY_REACH, 0, 0]),
        np.array([0, -2 * _SKY_REACH, 0]),
        meadow,
        (40.0, 40.0),
    )
    x = np.linspace(-48, 48, 25)
    y = np.linspace(13, 55, 13)
    f = 1.1 * np.sin(x / 7.3) + 0.8 * np.sin(x / 3.7 + 1) + 0.002 * x**2
    g = np.linspace(-1.6, 5.5, len(y)) + 0.7 * np.sin(y / 4.0)
    quads = [flat]
    for i, j in np.ndindex(len(y) - 1, len(x) - 1):
        corner = np.array([x[j], y[i + 1], f[j] + g[i + 1]])
        along = np.array([x[j + 1] - x[j], 0, f[j + 1] - f[j]])
        down = np.array([0, y[i] - y[i + 1], g[i] - g[i + 1]])
        quads.append(Quad(corner, along, down, meadow, (2.0, 2.0)))
    return quads


def _sky(rng: np.random.Generator) -> list[Quad]:
    """Five sides of a box around everything, with one panorama on them."""
    seed = int(rng.integers(2**32))
    reach, high = _SKY_REACH, _SKY_HEIGHT
    down = (0, 0, -high - 1)
    # Corner, edges, and texels along the shorter edge: fewer where no flight looks.
    sides = (
        ((-reach, reach, high), (2 * reach, 0, 0), down, 384),
        ((reach, reach, high), (0, -2 * reach, 0), down, 256),
        ((reach, -reach, high), (-2 * reach, 0, 0), down, 64),
        ((-reach, -reach, high), (0, 2 * reach, 0), down, 256),
        ((-reach, -reach, high), (2 * reach, 0, 0), (0, 2 * reach, 0), 64),
    )
    quads = []
    for corner, along, below, rows in sides:
        edges = np.array([along, below], np.float64)
        b, a = (np.indices((rows, 2 * rows)) + 0.5) / np.array([rows, 2 * rows])[:, None, None]
        ray = corner + a[..., None] * edges[0] + b[..., None] * edges[1] - _EYE
        azimuth = np.arctan2(ray[..., 0], ray[..., 1])
        elevation = np.arctan2(ray[..., 2], np.hypot(ray[..., 0], ray[..., 1]))
        view = panorama(np.random.default_rng(seed), azimuth, elevation)
        quads.append(Quad(np.array(corner, np.float64), edges[0], edges[1], view))
    return quads

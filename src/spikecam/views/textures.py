"""Procedural textures of a place: bricks, paving, wood, grass, plaster, posters, fronts of houses.

All are linear light, float32 (n, n, 3) in [0, 1], drawn from a generator of random numbers, and so
smooth that bilinear interpolation between their texels is nearly exact. Those of materials are
periodic.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy.fft import fftfreq, irfft2, rfft2, rfftfreq
from scipy.ndimage import gaussian_filter

from spikecam.encoding import SRGB
from spikecam.io.pictures import quantize_to_levels
from spikecam.picture import Picture

Rng = np.random.Generator
Floats = npt.NDArray[np.float64]
Colour = tuple[float, float, float]

TEXTURE_SIZE = 512
# Pictures are drawn so many times as large, and averaged: their edges are then smooth.
_DRAWING_SCALE = 2
# Standard deviation, in texels, of the filter that limits the band.
_BLUR = 0.6


def band_noise(
    rng: Rng, size: int, largest: float, smallest: float = 4.0, along: float = 1
) -> Floats:
    """Periodic noise of mean 0 and standard deviation 1, (size, size), with equal energy an octave.

    Args:
        rng: of the noise.
        size: texels along a side.
        largest, smallest: waves in it, in texels.
        along: how much longer waves are along the rows than along the columns.
    """
    down, right = np.meshgrid(fftfreq(size), rfftfreq(size), indexing="ij")
    frequency = np.hypot(down, right * along).astype(np.float32)
    in_band = (frequency >= np.float32(1 / largest)) & (frequency <= np.float32(1 / smallest))
    gain = np.where(in_band, 1 / np.maximum(frequency, 1e-9), 0)
    noise = irfft2(rfft2(rng.standard_normal((size, size), np.float32)) * gain, (size, size))
    return np.asarray(noise / noise.std())


def _mix(base: Colour, other: Colour, share: Floats) -> Floats:
    return np.array(base) * (1 - share[..., None]) + np.array(other) * share[..., None]


def _finish(srgb: Floats) -> Picture:
    """Linear light of a drawn texture, limited in its band."""
    light = SRGB.decode(np.clip(srgb, 0, 1))
    # Rounding may bring saturated light above 1.
    blurred = gaussian_filter(light, (_BLUR, _BLUR, 0), mode="wrap")
    return np.asarray(np.minimum(blurred, 1), np.float32)


def _stones(rng: Rng, rows: int, columns: int, joint: float) -> tuple[Floats, Floats]:
    """Number from 0 to 1 of each stone of a bond, and the share of stone, not joint, of texels."""
    size = TEXTURE_SIZE
    y, x = np.indices((size, size)) + 0.5
    row = y * rows / size
    column = x * columns / size + 0.5 * (np.floor(row) % 2)
    numbers = rng.random((rows, columns))
    stone = numbers[row.astype(int) % rows, column.astype(int) % columns]
    wobble = band_noise(rng, size, size / 8, 8) * 0.5
    edge_y = np.minimum(row % 1, 1 - row % 1) * size / rows
    edge_x = np.minimum(column % 1, 1 - column % 1) * size / columns
    edge = np.minimum(edge_y, edge_x) + wobble
    return stone, np.clip((edge - joint) / 3 + 0.5, 0, 1)


def bricks(
    rng: Rng, light: Colour = (0.78, 0.45, 0.33), dark: Colour = (0.5, 0.24, 0.2)
) -> Picture:
    """A wall of bricks in two colours, 16 rows of 8."""
    stone, share = _stones(rng, 16, 8, 2.5)
    wall = _mix(dark, light, np.clip(stone + 0.12 * band_noise(rng, TEXTURE_SIZE, 80), 0, 1))
    mortar = (0.72 + 0.05 * band_noise(rng, TEXTURE_SIZE, 40))[..., None] * np.array([1, 0.97, 0.9])
    return _finish(mortar * (1 - share[..., None]) + wall * share[..., None])


def paving(rng: Rng) -> Picture:
    """A pavement of stones, 12 rows of 8."""
    stone, share = _stones(rng, 12, 8, 3.5)
    tone = 0.54 + 0.3 * stone + 0.045 * band_noise(rng, TEXTURE_SIZE, 60)
    tint = _mix((1, 0.93, 0.84), (0.88, 0.95, 1), (stone * 7.3) % 1)
    return _finish(tone[..., None] * tint * (0.45 + 0.55 * share[..., None]))


def planks(rng: Rng, base: Colour = (0.74, 0.55, 0.34), count: int = 6) -> Picture:
    """Planks of wood along the rows."""
    size = TEXTURE_SIZE
    row = (np.arange(size) + 0.5) * count / size
    grain = band_noise(rng, size, size / 4, 4, along=0.06)
    knots = np.clip(band_noise(rng, size, size / 5, size / 16) - 1.9, 0, 1)
    tone = 0.8 + 0.25 * rng.random(count)[row.astype(int)][:, None] + 0.09 * grain - 0.5 * knots
    edge = np.minimum(row % 1, 1 - row % 1) * size / count
    joint = 0.25 + 0.75 * np.clip((edge - 1.5) / 2.5 + 0.5, 0, 1)
    return _finish((tone * joint[:, None])[..., None] * np.array(base))


def grass(rng: Rng) -> Picture:
    """A meadow."""
    blades = band_noise(rng, TEXTURE_SIZE, 24, 4)
    patches = band_noise(rng, TEXTURE_SIZE, TEXTURE_SIZE / 2, 24)
    meadow = _mix((0.22, 0.36, 0.12), (0.6, 0.66, 0.3), np.clip(0.45 + 0.22 * patches, 0, 1))
    flowers = np.clip(band_noise(rng, TEXTURE_SIZE, 40, 8) - 2.4, 0, 1)[..., None]
    lit = meadow * (1 + 0.22 * blades)[..., None]
    return _finish(lit * (1 - flowers) + flowers * np.array([0.95, 0.85, 0.4]))


def plaster(rng: Rng, base: Colour) -> Picture:
    """A rough wall of one colour, with stains."""
    stains = band_noise(rng, TEXTURE_SIZE, TEXTURE_SIZE / 2, 40)
    grains = band_noise(rng, TEXTURE_SIZE, 20, 4)
    tone = 1 + 0.07 * stains + 0.06 * grains
    return _finish(tone[..., None] * np.array(base))


def stripes(rng: Rng, colours: tuple[Colour, Colour], count: int = 8) -> Picture:
    """Cloth with stripes down the columns."""
    phase = (np.arange(TEXTURE_SIZE) + 0.5) * count / TEXTURE_SIZE % 1
    share = np.clip((np.abs(phase - 0.5) - 0.25) * TEXTURE_SIZE / count / 3 + 0.5, 0, 1)
    cloth = np.broadcast_to(_mix(*colours, share), (TEXTURE_SIZE, TEXTURE_SIZE, 3))
    return _finish(cloth * (1 + 0.05 * band_noise(rng, TEXTURE_SIZE, 30))[..., None])


class _Drawing:
    """A drawing over a texture; places and sizes are from 0 to 1 of its side."""

    def __init__(self, base: Picture) -> None:
        self._side = len(base) * _DRAWING_SCALE
        levels = quantize_to_levels(SRGB.encode(base))
        image = Image.fromarray(np.asarray(levels, np.uint8))
        self._image = image.resize((self._side, self._side), Image.Resampling.NEAREST)
        self._pen = ImageDraw.Draw(self._image)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Draw a filled rectangle."""
        self._pen.rectangle(self._scale(left, top, right, bottom), fill=_levels(colour))

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a filled circle."""
        corners = self._scale(x - radius, y - radius, x + radius, y + radius)
        self._pen.ellipse(corners, fill=_levels(colour))

    def polygon(self, points: Floats, colour: Colour) -> None:
        """Draw a filled polygon with corners (n, 2)."""
        self._pen.polygon(self._scale(*points.ravel()), fill=_levels(colour))

    def line(self, points: Floats, width: float, colour: Colour) -> None:
        """Draw a line through points (n, 2)."""
        stroke = max(1, round(width * self._side))
        self._pen.line(self._scale(*points.ravel()), fill=_levels(colour), width=stroke)

    def text(self, x: float, y: float, words: str, height: float, colour: Colour) -> None:
        """Draw words around a middle."""
        font = ImageFont.load_default(height * self._side)
        place = (x * self._side, y * self._side)
        self._pen.text(place, words, fill=_levels(colour), font=font, anchor="mm")

    def stretch(self, top: float, bottom: float) -> None:
        """Stretch the rows from top to bottom over the whole square."""
        box = (0, top * self._side, self._side, bottom * self._side)
        size = (self._side, self._side)
        self._image = self._image.resize(size, Image.Resampling.BICUBIC, box)

    def texture(self) -> Picture:
        """The texture with the drawing."""
        levels = np.asarray(self._image.reduce(_DRAWING_SCALE))
        light = SRGB.light_of_levels[levels]
        blurred = gaussian_filter(light, (_BLUR, _BLUR, 0))
        return np.asarray(np.minimum(blurred, 1), np.float32)

    def _scale(self, *places: float) -> list[float]:
        return [place * self._side for place in places]


def _levels(colour: Colour) -> tuple[int, ...]:
    return tuple(round(255 * value) for value in colour)


def _random_colour(rng: Rng) -> Colour:
    red, green, blue = rng.uniform(0.1, 0.95, 3)
    return float(red), float(green), float(blue)


def crate_side(rng: Rng, words: str) -> Picture:
    """A side of a wooden crate: planks in a frame, with words on them."""
    tone = rng.uniform(0.75, 1.1)
    inside = planks(rng, (0.82 * tone, 0.62 * tone, 0.4 * tone))
    frame = planks(rng, (0.68 * tone, 0.5 * tone, 0.32 * tone), 5)
    drawing = _Drawing(inside)
    drawing.text(0.5, 0.42, words, 0.2, (0.13, 0.1, 0.09))
    drawing.text(0.5, 0.64, f"No {rng.integers(100, 1000)}", 0.13, (0.55, 0.1, 0.08))
    side = drawing.texture()
    y, x = (np.indices(side.shape[:2]) + 0.5) / TEXTURE_SIZE
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    share = np.clip((0.1 - edge) * TEXTURE_SIZE / 3 + 0.5, 0, 1)[..., None]
    shadow = 1 - 0.4 * np.exp(-(((edge - 0.11) / 0.012) ** 2))[..., None]
    return np.asarray(np.clip(side * (1 - share) + frame * share, 0, 1) * shadow, np.float32)


def poster(rng: Rng, words: str) -> Picture:
    """A printed poster: shapes of all sizes and words."""
    drawing = _Drawing(plaster(rng, _random_colour(rng)))
    for radius in np.geomspace(0.3, 0.02, 28):
        x, y = rng.uniform(0.02, 0.98, 2)
        colour = _random_colour(rng)
        if rng.random() < 0.4:
            drawing.disc(x, y, radius, colour)
        else:
            corners = int(rng.integers(3, 6))
            angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
            points = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1)
            drawing.polygon(points, colour)
    drawing.box(0.06, 0.72, 0.94, 0.92, (0.95, 0.93, 0.85))
    drawing.text(0.5, 0.82, words, 0.13, (0.1, 0.1, 0.15))
    margin = np.array([[0.02, 0.02], [0.98, 0.02], [0.98, 0.98], [0.02, 0.98], [0.02, 0.02]])
    drawing.line(margin, 0.02, (0.96, 0.95, 0.9))
    return drawing.texture()


def sign(rng: Rng, words: str, background: Colour, letters: Colour) -> Picture:
    """A painted board with words, for a board 4 times as wide as high."""
    drawing = _Drawing(planks(rng, background, 16))
    drawing.text(0.5, 0.5, words, 0.15, letters)
    drawing.stretch(0.375, 0.625)
    return drawing.texture()


def house_front(rng: Rng, wall: Picture, columns: int, door: int | None = None) -> Picture:
    """The front of a house of two floors, with columns of windows and a door below one of them."""
    drawing = _Drawing(np.tile(wall, (2, 2, 1)))
    width = 1 / columns
    for floor, column in np.ndindex(2, columns):
        left, top = (column + 0.22) * width, 0.12 + 0.46 * floor
        right, bottom = (column + 0.78) * width, top + 0.24
        if floor == 1 and column == door:
            _draw_door(rng, drawing, left, top - 0.02, right)
        else:
            _draw_window(rng, drawing, left, top, right, bottom)
    drawing.box(0, 0.955, 1, 1, (0.4, 0.38, 0.36))
    return drawing.texture()


def _draw_door(rng: Rng, drawing: _Drawing, left: float, top: float, right: float) -> None:
    colour = _random_colour(rng)
    dark: Colour = (colour[0] * 0.6, colour[1] * 0.6, colour[2] * 0.6)
    drawing.box(left - 0.012, top - 0.012, right + 0.012, 1, (0.85, 0.82, 0.75))
    drawing.box(left, top, right, 1, colour)
    across = right - left
    for y in (top + 0.03, top + 0.21):
        for x in (left + 0.12 * across, left + 0.56 * across):
            drawing.box(x, y, x + 0.32 * across, y + 0.15, dark)
    drawing.disc(right - 0.06 * across, top + 0.2, 0.008, (0.9, 0.8, 0.3))


def _draw_window(
    rng: Rng, drawing: _Drawing, left: float, top: float, right: float, bottom: float
) -> None:
    drawing.box(left - 0.014, top - 0.014, right + 0.014, bottom + 0.014, (0.9, 0.88, 0.82))
    drawing.box(left, top, right, bottom, (0.2, 0.27, 0.34))
    across, high = right - left, bottom - top
    curtain = _random_colour(rng)
    for fold in range(5):
        x = left + across * (0.02 + 0.055 * fold)
        drawing.box(x, top, x + 0.03 * across, bottom, curtain)
        x = right - across * (0.05 + 0.055 * fold)
        drawing.box(x, top, x + 0.03 * across, bottom, curtain)
    glow = np.array([[left + 0.35 * across, bottom], [right - 0.35 * across, top + 0.1 * high]])
    drawing.line(glow, 0.012, (0.55, 0.65, 0.72))
    bars = ((left + right) / 2, top, (left + right) / 2, bottom)
    drawing.line(np.array(bars).reshape(2, 2), 0.008, (0.92, 0.9, 0.85))
    middle = top + 0.4 * high
    drawing.line(np.array([[left, middle], [right, middle]]), 0.008, (0.92, 0.9, 0.85))
    drawing.box(left - 0.02, bottom + 0.012, right + 0.02, bottom + 0.03, (0.6, 0.57, 0.52))


def panorama(rng: Rng, azimuth: Floats, elevation: Floats) -> Picture:
    """Sky, clouds and mountains in directions of the world.

    Args:
        rng: of clouds and mountains.
        azimuth: around the vertical in radians, of any shape (H, W).
        elevation: above the horizon in radians.
    """
    size = TEXTURE_SIZE
    turn = (azimuth / (2 * np.pi)) % 1
    high = np.clip(elevation / (np.pi / 2), 0, 1)
    sky = _mix((0.8, 0.87, 0.93), (0.3, 0.52, 0.82), high**0.6)
    # Clouds lie in a plane above, so that they grow smaller towards the horizon.
    reach = 0.09 / np.maximum(np.tan(np.maximum(elevation, 0.02)), 0.09)
    clouds = band_noise(rng, size, size / 2, 12)
    shift = 0.5 + reach * np.stack([np.sin(azimuth), np.cos(azimuth)])
    cover = np.clip(0.55 * (_sample(clouds, shift[0] * 1.7, shift[1] * 1.7) - 0.2), 0, 1)
    fade = np.clip(elevation / 0.12, 0, 1)
    view = sky * (1 - (cover * fade)[..., None]) + (cover * fade)[..., None] * 0.97
    profile = band_noise(rng, size, size / 3, 6)[0]
    rocks = band_noise(rng, size, size / 4, 4)
    for layer, (height, rise) in enumerate(((0.16, 0.045), (0.1, 0.03), (0.05, 0.018))):
        ridge = height + rise * np.interp(
            (turn + 0.37 * layer) % 1 * size, np.arange(size), profile
        )
        share = np.clip((ridge - elevation) / 0.0025 + 0.5, 0, 1)[..., None]
        texture = _sample(rocks, turn * (4 + 2 * layer), elevation * 2.2 + 0.3 * layer)
        haze = (0.62, 0.38, 0.12)[layer]
        slope = _mix((0.2, 0.3, 0.16), (0.6, 0.57, 0.45), np.clip(0.4 + 0.28 * texture, 0, 1))
        view = view * (1 - share) + share * (
            slope * (1 - haze) + haze * np.array([0.7, 0.77, 0.86])
        )
    return SRGB.decode(np.clip(view, 0, 1))


def _sample(noise: Floats, x: Floats, y: Floats) -> Floats:
    """Periodic noise at places where it has the period 1, bilinear."""
    size = len(noise)
    x, y = x * size, y * size
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - x0, y - y0
    upper = noise[y0 % size, x0 % size] * (1 - fx) + noise[y0 % size, (x0 + 1) % size] * fx
    lower = noise[(y0 + 1) % size, x0 % size] * (1 - fx)
    lower += noise[(y0 + 1) % size, (x0 + 1) % size] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)

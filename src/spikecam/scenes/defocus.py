"""Defocus: a disc whose radius follows depth, as a lens blurs what is out of focus.

A thin lens of focal length f and diameter A = f / N, focused at distance S, spreads a point at
distance D over a disc of diameter (Potmesil and Chakravarty, "A lens and aperture camera model for
synthetic image generation", 1981)

    c = A f / (S - f) * |D - S| / D.

`disc_radius` gives its radius in pixels, `defocus_picture` applies it, and `defocus_scene` does so
with occlusion: what is in front covers what is behind.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.picture import Picture, as_floats

# Discs are made at every half pixel of radius; between two, their pictures are blended.
_STEP = 0.5
# Samples a side of a pixel by which a disc's edge covers it in part.
_SUPER = 16
# Layers that lie beside each other, as on a slope, and do not cover each other.
_SHEET = 4
# Of what is known of a place, this share is none;
_TINY = 1e-3
# so much counts what lies around it;
_LITTLE = 0.02
# and of what lies around, this share is enough to go on from.
_ENOUGH = 0.05


def disc_radius(
    depth: npt.ArrayLike, *, focus: float, focal_length: float, f_number: float, pitch: float
) -> Picture:
    """Radius of the disc, in pixels, over which a thin lens spreads points at these depths.

    Args:
        depth: distances D from the lens in metres, above 0; infinity is allowed.
        focus: the distance S that is sharp, in metres.
        focal_length: f in metres.
        f_number: N = f / A.
        pitch: side of a pixel in metres.

    Returns:
        float32, shaped like ``depth``; 0 at the distance of focus.

    Raises:
        OptionError: a depth that is not above 0, or a lens that cannot be.

    >>> lens = {"focus": 2.0, "focal_length": 0.05, "f_number": 2.0, "pitch": 10e-6}
    >>> [round(float(disc_radius(d, **lens)), 2) for d in (1.0, 2.0, 4.0)]
    [32.05, 0.0, 16.03]
    """
    distance = np.asarray(depth, np.float64)
    if not (distance > 0).all():
        raise OptionError("a depth map holds distances in metres, each above 0")
    if not all(0 < value < math.inf for value in (focal_length, f_number, pitch)):
        raise OptionError(
            "focal length, f-number and pixel pitch are numbers above 0: "
            f"not {focal_length}, {f_number} and {pitch}"
        )
    if not focal_length < focus < math.inf:
        raise OptionError(
            f"a lens of {focal_length} m focuses on distances beyond that, not on {focus} m"
        )
    aperture = focal_length / f_number
    diameter = aperture * focal_length / (focus - focal_length) * np.abs(1 - focus / distance)
    radius: Picture = (diameter / 2 / pitch).astype(np.float32)
    return radius


def defocus_picture(picture: npt.ArrayLike, radius: npt.ArrayLike) -> Picture:
    """Blur each pixel by a disc of its own radius.

    A pixel becomes the mean of the disc around it, which is exact where the radius is the same all
    around. No occlusion is modelled: where depth jumps, what is sharp in front stays sharp but
    gives light to the blurred background beside it, and what is blurred in front ends where the map
    does. A disc of less than half a pixel lies within its own and changes nothing. The values are
    averaged as they are; for what a lens does, give light (`srgb_to_linear`).

    Args:
        picture: (H, W) or (H, W, 3), uint8 or floats in [0, 1].
        radius: pixels, a map (H, W) or one number; 0 leaves a pixel as it is.

    Returns:
        float32 in [0, 1], shaped like the picture, which is continued beyond its border by
        mirroring.

    Raises:
        OptionError: values that are not finite or not in range, a map of another size, or a
            radius above half the picture's shorter side.

    >>> np.unique(defocus_picture(np.full((40, 50), 0.25), 3.7).round(6))
    array([0.25], dtype=float32)
    """
    source, radii = _checked(picture, radius)
    place = radii / np.float32(_STEP)
    result = np.zeros_like(source)
    steps = np.floor(place)
    for level in np.unique(np.concatenate([np.unique(steps), np.unique(np.ceil(place))])):
        share = np.maximum(0, 1 - np.abs(place - level))
        blurry = source if level == 0 else cv2.filter2D(source, -1, disc(float(level) * _STEP))
        result += blurry * (share if source.ndim == 2 else share[..., None])
    return np.clip(result, 0, 1, out=result)


def defocus_scene(
    picture: npt.ArrayLike, inverse_depth: npt.ArrayLike, *, focus: float, strength: float
) -> Picture:
    """Blur a scene by a thin lens, with what is in front covering what is behind.

    The disc's radius is strength * |nearness - focus| pixels (`disc_radius` with nearness
    proportional to 1 / D). The scene is cut into layers of half a pixel of radius, which are
    blurred with their coverage; four of them make a sheet, and sheets are laid over each other
    from far to near. So what is sharp in front gives no light to the blurred background, and what
    is blurred in front spreads over a sharp one, half transparent. What is hidden behind a thing in
    front is not known; it is taken to be like what can be seen around.

    Args:
        picture: (H, W) or (H, W, 3), uint8 or floats in [0, 1]; continued beyond its border by
            mirroring.
        inverse_depth: how near each pixel is, 0 to 1, (H, W); such as `random_inverse_depth` makes.
        focus: the nearness that is sharp; any number.
        strength: pixels of radius to a unit of nearness.

    Returns:
        float32 in [0, 1], shaped like the picture.

    Raises:
        OptionError: values that are not finite or not in range, nearness of another size, or a
            radius above half the picture's shorter side.

    >>> scene = np.linspace(0, 1, 40 * 50).reshape(40, 50)
    >>> same = defocus_scene(scene, np.full((40, 50), 0.5), focus=0.5, strength=20)
    >>> bool(np.allclose(same, scene))
    True
    """
    near = np.asarray(inverse_depth, np.float32)
    if not (math.isfinite(focus) and math.isfinite(strength) and strength >= 0):
        raise OptionError(
            f"focus is a number, and strength one from 0 on, not {focus} and {strength}"
        )
    source = as_floats(picture)
    if near.shape != source.shape[:2]:
        raise OptionError(
            f"nearness is of the picture's size, {source.shape[:2]}, not {near.shape}"
        )
    if not (near.min() >= 0 and near.max() <= 1):
        raise OptionError(
            f"nearness is 0, far, to 1, near; this runs from {near.min():.4g} to {near.max():.4g}, "
            "so scale it"
        )
    apart = np.float32(strength) * (near - np.float32(focus))
    largest = min(source.shape[:2]) / 2
    if np.abs(apart).max() > largest:
        raise OptionError(
            f"discs have radii up to {np.abs(apart).max():.4g} pixels here, more than half the "
            f"picture's shorter side, {largest:g}; choose a smaller strength"
        )
    # Signed: in front of the plane of focus and behind it are different layers.
    layers = np.broadcast_to(np.rint(apart / np.float32(_STEP)), source.shape[:2])
    levels = np.unique(layers)
    sheets = np.floor(levels / _SHEET)
    # How much is known of each pixel from the sheets so far, and its light times that.
    light, known = np.zeros_like(source), np.zeros_like(source)
    for sheet in np.unique(sheets):
        chosen = levels[sheets == sheet]
        colour, weight = np.zeros_like(source), np.zeros_like(source)
        for level in chosen:
            for total, whole in ((colour, source), (weight, np.ones_like(source))):
                total += _spread(whole, layers == level, abs(float(level)) * _STEP)
        colour /= np.maximum(weight, _TINY)
        # Discs of different sizes do not add up to one: the sheet's outline has the middle one.
        radius = abs(float(chosen.mean())) * _STEP
        mask = _spread(np.ones_like(source), np.isin(layers, chosen), radius)
        mask[weight < _TINY] = 0
        behind, share = _continued(light, known, radius)
        light = mask * colour + (1 - mask) * behind
        known = mask + (1 - mask) * share
    seen: Picture = (light / np.maximum(known, _TINY)).astype(np.float32)
    return np.clip(seen, 0, 1, out=seen)


def _continued(light: Picture, known: Picture, radius: float) -> tuple[Picture, Picture]:
    """Light and what is known of it, continued a disc wide behind what hides it."""
    side = 2 * math.ceil(radius) + 1
    near, share = (cv2.blur(part, (side, side)) for part in (light, known))
    around = near / np.maximum(share, _TINY)
    # At the border its own light goes on, as far as there is any.
    own = (light + _LITTLE * around) / (known + _LITTLE)
    more = (1 - known) * np.clip((share - _TINY) / _ENOUGH, 0, 1)
    return light + more * own, known + more


def _spread(whole: Picture, where: npt.NDArray[np.bool_], radius: float) -> Picture:
    """A part of a picture, each pixel of it spread over a disc."""
    part = np.where(where if whole.ndim == 2 else where[..., None], whole, np.float32(0))
    return np.asarray(cv2.filter2D(part, -1, disc(radius)) if radius else part, np.float32)


def disc(radius: float) -> Picture:
    """A disc of a radius above 0 in pixels: the part of each pixel that it covers, sum 1."""
    if radius <= 0.5:
        return np.ones((1, 1), np.float32)
    reach = math.ceil(radius - 0.5)
    side = 2 * reach + 1
    places = (np.arange(side * _SUPER) + 0.5) / _SUPER - side / 2
    inside = places[:, None] ** 2 + places**2 <= radius**2
    covered = inside.reshape(side, _SUPER, side, _SUPER).mean(axis=(1, 3))
    kernel: Picture = (covered / covered.sum()).astype(np.float32)
    return kernel


def _checked(picture: npt.ArrayLike, radius: npt.ArrayLike) -> tuple[Picture, Picture]:
    source = as_floats(picture)
    radii = np.asarray(radius, np.float32)
    if radii.shape not in ((), source.shape[:2]):
        raise OptionError(
            f"a map of radii is of the picture's size, {source.shape[:2]}, not {radii.shape}"
        )
    largest = min(source.shape[:2]) / 2
    if not (radii.min() >= 0 and radii.max() <= largest):
        raise OptionError(
            f"a radius is 0 to {largest:g} pixels, half the picture's shorter side: these run from "
            f"{radii.min():.4g} to {radii.max():.4g}"
        )
    return source, np.broadcast_to(radii, source.shape[:2])

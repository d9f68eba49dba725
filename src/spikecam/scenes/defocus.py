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

# Radii in pixels at which discs are computed; between two, their pictures are blended.
_RADIUS_STEP = 0.5
# Samples along a side of a pixel, for the partial coverage of pixels at a disc's edge.
_SUBSAMPLES = 16
# Neighbouring depth layers that do not occlude each other, as on a slope.
_LAYERS_PER_GROUP = 4
# Weights below this count as zero.
_MIN_WEIGHT = 1e-3
# Weight of the neighbourhood's mean, relative to a pixel's own light, in inpainting.
_NEIGHBOUR_WEIGHT = 0.02
# Known share of the neighbourhood from which on a pixel is inpainted in full.
_FILL_COVERAGE = 0.05


def disc_radius(
    depth: npt.ArrayLike, *, focus: float, focal_length: float, f_number: float, pitch: float
) -> Picture:
    """Radius of the blur disc of a thin lens for points at these depths, in pixels.

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
    source, radii = _check_radius(picture, radius)
    position = radii / np.float32(_RADIUS_STEP)
    result = np.zeros_like(source)
    steps = np.floor(position)
    for level in np.unique(np.concatenate([np.unique(steps), np.unique(np.ceil(position))])):
        share = np.maximum(0, 1 - np.abs(position - level))
        radius_level = float(level) * _RADIUS_STEP
        blurry = cv2.filter2D(source, -1, disc_kernel(radius_level)) if level else source
        result += blurry * (share if source.ndim == 2 else share[..., None])
    return np.clip(result, 0, 1, out=result)


def defocus_scene(
    picture: npt.ArrayLike, inverse_depth: npt.ArrayLike, *, focus: float, strength: float
) -> Picture:
    """Blur a scene as a thin lens does, with occlusion. What is in front covers what is behind.

    The disc's radius is strength * |inverse_depth - focus| pixels (`disc_radius` with inverse depth
    proportional to 1 / D). The scene is cut into layers of half a pixel of radius, which are
    blurred with their coverage; four of them make a group, and groups are composited from far to
    near. So what is sharp in front gives no light to the blurred background, and what
    is blurred in front spreads over a sharp one, half transparent. What is hidden behind a thing in
    front is not known; it is taken to be like what can be seen around.

    Args:
        picture: (H, W) or (H, W, 3), uint8 or floats in [0, 1]; continued beyond its border by
            mirroring.
        inverse_depth: 0, far, to 1, near, (H, W); such as `random_inverse_depth` makes.
        focus: the inverse depth that is sharp; any number.
        strength: pixels of radius per unit of inverse depth.

    Returns:
        float32 in [0, 1], shaped like the picture.

    Raises:
        OptionError: values that are not finite or not in range, inverse depth of another size, or a
            radius above half the picture's shorter side.

    >>> scene = np.linspace(0, 1, 40 * 50).reshape(40, 50)
    >>> same = defocus_scene(scene, np.full((40, 50), 0.5), focus=0.5, strength=20)
    >>> bool(np.allclose(same, scene))
    True
    """
    depth_map = np.asarray(inverse_depth, np.float32)
    if not (math.isfinite(focus) and math.isfinite(strength) and strength >= 0):
        raise OptionError(
            f"focus is a number, and strength one from 0 on, not {focus} and {strength}"
        )
    source = as_floats(picture)
    if depth_map.shape != source.shape[:2]:
        raise OptionError(
            f"inverse depth is of the picture's size, {source.shape[:2]}, not {depth_map.shape}"
        )
    if not (depth_map.min() >= 0 and depth_map.max() <= 1):
        raise OptionError(
            f"inverse depth is 0, far, to 1, near; this runs from {depth_map.min():.4g} to "
            f"{depth_map.max():.4g}, so scale it"
        )
    # Signed: in front of the plane of focus and behind it are different layers.
    signed_radius = np.float32(strength) * (depth_map - np.float32(focus))
    max_radius = min(source.shape[:2]) / 2
    if np.abs(signed_radius).max() > max_radius:
        raise OptionError(
            f"discs have radii up to {np.abs(signed_radius).max():.4g} pixels here, more than half "
            f"the picture's shorter side, {max_radius:g}; choose a smaller strength"
        )
    layer_map = np.broadcast_to(np.rint(signed_radius / np.float32(_RADIUS_STEP)), source.shape[:2])
    layers = np.unique(layer_map)
    groups = np.floor(layers / _LAYERS_PER_GROUP)
    ones = np.ones_like(source)
    # Coverage of each pixel by the groups so far, and light weighted by it.
    light, coverage = np.zeros_like(source), np.zeros_like(source)
    for group in np.unique(groups):
        group_layers = layers[groups == group]
        colour, weight = np.zeros_like(source), np.zeros_like(source)
        for layer in group_layers:
            radius = abs(float(layer)) * _RADIUS_STEP
            colour += _blur_masked_part(source, layer_map == layer, radius)
            weight += _blur_masked_part(ones, layer_map == layer, radius)
        colour /= np.maximum(weight, _MIN_WEIGHT)
        # Discs of different sizes do not add up to one: the group's outline has the middle one.
        radius = abs(float(group_layers.mean())) * _RADIUS_STEP
        mask = _blur_masked_part(ones, np.isin(layer_map, group_layers), radius)
        mask[weight < _MIN_WEIGHT] = 0
        background, background_coverage = _inpaint(light, coverage, radius)
        light = mask * colour + (1 - mask) * background
        coverage = mask + (1 - mask) * background_coverage
    result: Picture = (light / np.maximum(coverage, _MIN_WEIGHT)).astype(np.float32)
    return np.clip(result, 0, 1, out=result)


def _inpaint(light: Picture, coverage: Picture, radius: float) -> tuple[Picture, Picture]:
    """Fill hidden pixels near the edge of a layer from their neighbours.

    Also gives the new coverage.
    """
    side = 2 * math.ceil(radius) + 1
    mean_light, mean_coverage = (cv2.blur(plane, (side, side)) for plane in (light, coverage))
    neighbour_light = mean_light / np.maximum(mean_coverage, _MIN_WEIGHT)
    # At the border a pixel's own light goes on, as far as there is any.
    filled = (light + _NEIGHBOUR_WEIGHT * neighbour_light) / (coverage + _NEIGHBOUR_WEIGHT)
    added = (1 - coverage) * np.clip((mean_coverage - _MIN_WEIGHT) / _FILL_COVERAGE, 0, 1)
    return light + added * filled, coverage + added


def _blur_masked_part(picture: Picture, mask: npt.NDArray[np.bool_], radius: float) -> Picture:
    """Blur the masked part of a picture by a disc, with 0 outside the mask."""
    part = np.where(mask if picture.ndim == 2 else mask[..., None], picture, np.float32(0))
    return np.asarray(cv2.filter2D(part, -1, disc_kernel(radius)) if radius else part, np.float32)


def disc_kernel(radius: float) -> Picture:
    """Blur kernel of a disc of a radius in pixels, antialiased, with a sum of 1."""
    if radius <= 0.5:
        return np.ones((1, 1), np.float32)
    reach = math.ceil(radius - 0.5)
    side = 2 * reach + 1
    positions = (np.arange(side * _SUBSAMPLES) + 0.5) / _SUBSAMPLES - side / 2
    inside = positions[:, None] ** 2 + positions**2 <= radius**2
    covered = inside.reshape(side, _SUBSAMPLES, side, _SUBSAMPLES).mean(axis=(1, 3))
    kernel: Picture = (covered / covered.sum()).astype(np.float32)
    return kernel


def _check_radius(picture: npt.ArrayLike, radius: npt.ArrayLike) -> tuple[Picture, Picture]:
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

"""Dense refinement of a homography between two pictures that differ in brightness, not in place.

Both are brought to local contrast, where gamma, exposure, fall-off and over-exposure hardly matter,

    C = (S - mean(S)) / sqrt(var(S) + floor),    S the smoothed picture, mean and var around a pixel

and the homography W is improved by Gauss-Newton steps (Baker & Matthews, IJCV 2004, section 3.1:
forwards compositional) on

    sum over x of w(x) (target(x) - gain * picture(W(x)) - bias)^2

with weights w that let go of pixels that never fit (Cauchy's). Only the picture's gradient is used:
the spikes are noisy, and their own would pull the steps towards the noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from spikecam.picture import Picture
from spikecam.registration.alignment import (
    Floats,
    Mask,
    Size,
    finer,
    inside,
    magnification,
    project,
)
from spikecam.registration.tone_curve import tone_curve
from spikecam.registration.warping import warp

# Levels of the pyramid, in spike pixels; a level is left out where it would have fewer rows.
_LEVELS, _FEWEST_ROWS = (4, 2, 1), 24
_STEPS = 30
# Steps end below this many pixels of the level; what still moves by more has not converged.
_STILL, _RESTLESS = 0.003, 0.1
# Pixels this close to what the picture does not cover have half a neighbourhood.
_BORDER = 3
# Smoothing and neighbourhood in pixels for the last steps, which decide: the narrowest of those
# tried on photographs gave the smallest errors (0.7 to 1.4, 5 to 30).
_FINE = (0.7, 5.0)
# Fields of the chess board a side.
_FIELDS = 8


@dataclass(frozen=True)
class Fit:
    """A refined homography, and whether its last step was small."""

    matrix: Floats
    converged: bool


def refine(
    spikes: Picture,
    gray: Picture,
    matrix: Floats,
    *,
    finest_only: bool = False,
    among: Mask | None = None,
) -> Fit:
    """Improve a homography that is off by no more than a few per cent of the view.

    Args:
        spikes: (H, W), firing rates or counts.
        gray: the picture, (h, w), any scale.
        matrix: takes spike pixels to picture pixels.
        finest_only: skip the coarse levels; for a start within a pixel or two.
        among: (H, W), which spike pixels count; by default all. Only with ``finest_only``.
    """
    fit = Fit(matrix, True)
    for level in () if finest_only else levels(spikes.shape):
        fit = _refine_at(level, np.sqrt(spikes), gray, fit.matrix)
    # On the picture's own pixels, before they are averaged: the curve is not straight.
    grays, rates = tone_between(spikes, gray, fit.matrix)
    light = np.interp(gray, grays, rates).astype(np.float32)
    return _refine_at(1, spikes, light, fit.matrix, among=among, encode=np.sqrt, fine=True)


def _refine_at(
    level: int,
    spikes: Picture,
    gray: Picture,
    matrix: Floats,
    *,
    among: Mask | None = None,
    encode: Callable[[Picture], Picture] = np.asarray,
    fine: bool = False,
) -> Fit:
    target, lift = reduced(spikes, level)
    small, to_full = to_scale(gray, magnification(matrix, spikes.shape) * level)
    planes = (encode(target), encode(small))
    ours, theirs = (contrast(p, *_FINE) if fine else contrast(p) for p in planes)
    start = np.linalg.inv(to_full) @ matrix @ lift
    mask = np.ones(target.shape, np.bool_) if among is None else among
    found, converged = _descend(ours, theirs, start, mask)
    back = to_full @ found @ np.linalg.inv(lift)
    return Fit(back / back[2, 2], converged)


def error_by_halves(
    spikes: Picture, gray: Picture, matrix: Floats, among: Mask | None = None
) -> float:
    """By how many picture pixels a refined homography is off, by estimate from halves of the view.

    The fields of a chess board, white and black, give a homography each. Each errs by the root of
    2 times the whole's error, so their distance is twice that. Infinite where a half does not
    converge.
    """
    height, width = spikes.shape
    y, x = np.mgrid[:height, :width]
    white = (y * _FIELDS // height + x * _FIELDS // width) % 2 == 0
    every = np.ones(white.shape, np.bool_) if among is None else among
    halves = [
        refine(spikes, gray, matrix, finest_only=True, among=every & half)
        for half in (white, ~white)
    ]
    if not all(half.converged for half in halves):
        return float("inf")
    return distance(halves[0].matrix, halves[1].matrix, spikes.shape) / 2


def tone_between(spikes: Picture, gray: Picture, matrix: Floats) -> tuple[Floats, Floats]:
    """The tone curve from the picture's gray to the spikes' rates, by `tone_curve`."""
    small, to_full = to_scale(gray, magnification(matrix, spikes.shape))
    local = np.linalg.inv(to_full) @ matrix
    size = (spikes.shape[0], spikes.shape[1])
    mask = seen(local, size, (small.shape[0], small.shape[1]))
    if not mask.any():
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    return tone_curve(warp(small, local, size)[mask], spikes[mask])


def mended(rate: Picture) -> Picture:
    """Rates whose dead and hot pixels have the median of their neighbourhood."""
    middle = cv2.medianBlur(rate, 3)
    off = np.abs(rate - middle)
    # By the neighbourhood's own spread: detail is no fault. Outliers themselves hardly count.
    spread = cv2.blur(np.minimum(off, 4 * np.median(off) + 1e-6), (9, 9))
    return np.where(off > 9 * spread, middle, rate).astype(np.float32)


def levels(size: tuple[int, ...]) -> list[int]:
    """The levels of the pyramid for spikes of this size, coarse to fine."""
    return [n for n in _LEVELS if n == 1 or min(size) // n >= _FEWEST_ROWS]


def contrast(plane: Picture, sigma: float = 1.0, around: float = 8.0) -> Picture:
    """Local contrast: zero mean and, where there is texture, unit variance around every pixel."""
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    mean = cv2.GaussianBlur(smooth, (0, 0), around, borderType=cv2.BORDER_REFLECT)
    detail = smooth - mean
    variance = cv2.GaussianBlur(detail * detail, (0, 0), around, borderType=cv2.BORDER_REFLECT)
    # Flat areas stay flat: what moves there is noise.
    floor = 0.1 * float(variance.mean()) + 1e-12
    return np.asarray(detail / np.sqrt(variance + np.float32(floor)), np.float32)


def reduced(plane: Picture, level: int) -> tuple[Picture, Floats]:
    """The plane with ``level`` x ``level`` pixels made one, and what takes its pixels back."""
    height, width = (n // level * level for n in plane.shape)
    size = (width // level, height // level)
    small = cv2.resize(plane[:height, :width], size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), finer(1 / level)


def to_scale(gray: Picture, scale: float) -> tuple[Picture, Floats]:
    """The picture with ``scale`` pixels made one, if more than one, and what takes it back."""
    height, width = gray.shape
    size = (max(1, round(width / max(scale, 1))), max(1, round(height / max(scale, 1))))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    across, down = width / size[0], height / size[1]
    back = np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
    return np.asarray(small, np.float32), back


def seen(matrix: Floats, size: Size, picture_size: Size, border: int = _BORDER) -> Mask:
    """Which pixels of a grid lie in the picture with a neighbourhood of ``border`` pixels."""
    within = inside(matrix, size, picture_size).astype(np.uint8)
    kernel = np.ones((2 * border + 1, 2 * border + 1), np.uint8)
    # The spikes' own border counts as one too: their neighbourhoods end there.
    eroded = cv2.erode(within, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(eroded > 0)


def distance(one: Floats, other: Floats, size: tuple[int, ...]) -> float:
    """Root mean square distance between two homographies over a grid of spikes (H, W)."""
    y, x = np.meshgrid(np.linspace(0, size[0] - 1, 9), np.linspace(0, size[1] - 1, 9))
    points = np.stack([x, y], axis=-1)
    return float(np.sqrt(((project(one, points) - project(other, points)) ** 2).sum(-1).mean()))


def _descend(target: Picture, small: Picture, start: Floats, among: Mask) -> tuple[Floats, bool]:
    """Gauss-Newton steps at one level: the homography, and whether it came to rest."""
    height, width = target.shape
    unit = max(height, width) / 2
    centre = np.array([[unit, 0, (width - 1) / 2], [0, unit, (height - 1) / 2], [0, 0, 1]])
    back = np.linalg.inv(centre)
    y, x = np.mgrid[:height, :width]
    u = np.asarray((x - centre[0, 2]) / unit, np.float32)
    v = np.asarray((y - centre[1, 2]) / unit, np.float32)
    matrix, moved = start, np.inf
    for _ in range(_STEPS):
        picture = warp(small, matrix, (height, width))
        mask = seen(matrix, (height, width), (small.shape[0], small.shape[1])) & among
        if mask.sum() < 200:
            return start, False
        down, across = (np.asarray(g, np.float32) for g in np.gradient(picture))
        step = _step(target[mask], picture[mask], across[mask], down[mask], u[mask], v[mask])
        if step is None:
            return start, False
        p = step / unit
        change = np.array([[1 + p[1], p[2], p[0]], [p[4], 1 + p[5], p[3]], [p[6], p[7], 1]])
        after = matrix @ centre @ change @ back
        moved = distance(np.eye(3), centre @ change @ back, (height, width))
        matrix = after / after[2, 2]
        if moved > unit / 2 or not np.isfinite(matrix).all():
            return start, False
        if moved < _STILL:
            break
    return matrix, bool(moved < _RESTLESS)


def _step(
    target: Picture, picture: Picture, across: Picture, down: Picture, u: Picture, v: Picture
) -> Floats | None:
    """The step in pixels, of the eight numbers that change a homography."""
    depth = -(across * u + down * v)
    columns = [across, across * u, across * v, down, down * u, down * v, depth * u, depth * v]
    plain = np.stack([picture, np.ones_like(u)]).astype(np.float64)
    weights = np.ones(len(u))
    for _ in range(2):
        # Cauchy's weights, with the scale of the residuals by their median.
        gram = (plain * weights) @ plain.T
        if np.linalg.cond(gram) > 1e8:
            return None
        fitted = np.asarray(np.linalg.solve(gram, (plain * weights) @ target))
        residual = target - fitted @ plain
        scale = 1.4826 * float(np.median(np.abs(residual))) + 1e-6
        weights = 1 / (1 + (residual / (2.4 * scale)) ** 2)
    gain = float(fitted[0])
    if gain <= 0:
        return None
    design = np.concatenate([gain * np.stack(columns), plain])
    weighted = design * weights
    try:
        return np.asarray(np.linalg.solve(weighted @ design.T, weighted @ residual)[:8])
    except np.linalg.LinAlgError:
        return None

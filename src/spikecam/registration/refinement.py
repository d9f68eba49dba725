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

from spikecam.picture import Mask, Picture
from spikecam.registration.alignment import (
    Floats,
    Size,
    apply_homography,
    fine_to_coarse_matrix,
    inside_mask,
    magnification,
)
from spikecam.registration.rate_curve import fit_rate_curve
from spikecam.registration.warping import warp_plane

# Pixel sizes of the pyramid's levels, in spike pixels; a level with fewer rows is left out.
_PYRAMID_LEVELS, _MIN_ROWS = (4, 2, 1), 24
_MAX_STEPS = 30
# Step lengths in pixels of the level: below the first, steps end; above the second after the last
# step, they have not converged.
_STOP_PIXELS, _CONVERGED_PIXELS = 0.003, 0.1
# Pixels this close to the picture's border are left out: half of their neighbourhood is missing.
_BORDER_PIXELS = 3
# Sigmas of smoothing and neighbourhood in pixels for the last steps: the narrowest of those
# tried on photographs gave the smallest errors (0.7 to 1.4, 5 to 30).
_FINE_SIGMAS = (0.7, 5.0)
# Fields along a side of the checkerboard that splits the view into halves.
_CHECKER_FIELDS = 8


@dataclass(frozen=True)
class HomographyFit:
    """A refined homography, and whether the iteration converged."""

    matrix: Floats
    converged: bool


def refine_homography(
    spikes: Picture,
    gray: Picture,
    homography: Floats,
    *,
    finest_only: bool = False,
    pixel_mask: Mask | None = None,
) -> HomographyFit:
    """Refine a homography by Gauss-Newton iteration, coarse to fine.

    It may be off by no more than a few per cent of the view.

    Args:
        spikes: (H, W), firing rates or counts.
        gray: the picture, (h, w), any scale.
        homography: takes spike pixels to picture pixels.
        finest_only: skip the coarse levels; for a start within a pixel or two.
        pixel_mask: (H, W), the spike pixels that count; by default all. Only with ``finest_only``.
    """
    fit = HomographyFit(homography, True)
    for level in () if finest_only else pyramid_pixel_sizes(spikes.shape):
        fit = _refine_at(level, np.sqrt(spikes), gray, fit.matrix)
    # On the picture's own pixels, before they are averaged: the curve is not straight.
    grays, rates = rate_curve_under_homography(spikes, gray, fit.matrix)
    light = np.interp(gray, grays, rates).astype(np.float32)
    return _refine_at(
        1, spikes, light, fit.matrix, pixel_mask=pixel_mask, encode=np.sqrt, fine=True
    )


def _refine_at(
    level: int,
    spikes: Picture,
    gray: Picture,
    matrix: Floats,
    *,
    pixel_mask: Mask | None = None,
    encode: Callable[[Picture], Picture] = np.asarray,
    fine: bool = False,
) -> HomographyFit:
    target, to_spikes = downsample_and_matrix_to_full(spikes, level)
    small, to_full = downscale_and_matrix_to_full(gray, magnification(matrix, spikes.shape) * level)
    planes = (encode(target), encode(small))
    rate_contrast, picture_contrast = (
        local_contrast(p, *_FINE_SIGMAS) if fine else local_contrast(p) for p in planes
    )
    start = np.linalg.inv(to_full) @ matrix @ to_spikes
    mask = np.ones(target.shape, np.bool_) if pixel_mask is None else pixel_mask
    refined, converged = _gauss_newton_homography(rate_contrast, picture_contrast, start, mask)
    to_pixels = to_full @ refined @ np.linalg.inv(to_spikes)
    return HomographyFit(to_pixels / to_pixels[2, 2], converged)


def split_half_error(
    spikes: Picture, gray: Picture, homography: Floats, pixel_mask: Mask | None = None
) -> float:
    """Estimate the error of a homography in picture pixels, by refining it on two halves.

    The white and the black fields of a checkerboard give a homography each. Each errs by the root
    of 2 times the whole's error, so their distance is twice that. Infinite where a half does not
    converge.
    """
    height, width = spikes.shape
    y, x = np.mgrid[:height, :width]
    white_fields = (y * _CHECKER_FIELDS // height + x * _CHECKER_FIELDS // width) % 2 == 0
    valid = np.ones(white_fields.shape, np.bool_) if pixel_mask is None else pixel_mask
    halves = [
        refine_homography(spikes, gray, homography, finest_only=True, pixel_mask=valid & half)
        for half in (white_fields, ~white_fields)
    ]
    if not all(half.converged for half in halves):
        return float("inf")
    return homography_distance(halves[0].matrix, halves[1].matrix, spikes.shape) / 2


def rate_curve_under_homography(
    spikes: Picture, gray: Picture, homography: Floats
) -> tuple[Floats, Floats]:
    """Fit the curve between the gray of a picture and rates that a homography aligns."""
    small, to_full = downscale_and_matrix_to_full(gray, magnification(homography, spikes.shape))
    local = np.linalg.inv(to_full) @ homography
    size = (spikes.shape[0], spikes.shape[1])
    mask = visible_mask(local, size, (small.shape[0], small.shape[1]))
    if not mask.any():
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    return fit_rate_curve(warp_plane(small, local, size)[mask], spikes[mask])


def repair_pixels(rate: Picture) -> Picture:
    """Repair dead and hot pixels by the median of their neighbourhood."""
    median = cv2.medianBlur(rate, 3)
    deviation = np.abs(rate - median)
    # By the neighbourhood's own spread: detail is no fault. Outliers themselves hardly count.
    mean_deviation = cv2.blur(np.minimum(deviation, 4 * np.median(deviation) + 1e-6), (9, 9))
    return np.where(deviation > 9 * mean_deviation, median, rate).astype(np.float32)


def pyramid_pixel_sizes(size: tuple[int, ...]) -> list[int]:
    """Pixel sizes of the levels of an image pyramid, coarse to fine."""
    return [n for n in _PYRAMID_LEVELS if n == 1 or min(size) // n >= _MIN_ROWS]


def local_contrast(plane: Picture, sigma: float = 1.0, neighbourhood: float = 8.0) -> Picture:
    """Normalise to local contrast: zero mean and, where there is texture, unit variance."""
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    mean = cv2.GaussianBlur(smooth, (0, 0), neighbourhood, borderType=cv2.BORDER_REFLECT)
    detail = smooth - mean
    variance = cv2.GaussianBlur(
        detail * detail, (0, 0), neighbourhood, borderType=cv2.BORDER_REFLECT
    )
    # Flat areas stay flat: what moves there is noise.
    floor = 0.1 * float(variance.mean()) + 1e-12
    return np.asarray(detail / np.sqrt(variance + np.float32(floor)), np.float32)


def downsample_and_matrix_to_full(plane: Picture, block_size: int) -> tuple[Picture, Floats]:
    """Downsample by averaging blocks; also the matrix from small pixels to full ones."""
    height, width = (n // block_size * block_size for n in plane.shape)
    size = (width // block_size, height // block_size)
    small = cv2.resize(plane[:height, :width], size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), fine_to_coarse_matrix(1 / block_size)


def downscale_and_matrix_to_full(gray: Picture, scale: float) -> tuple[Picture, Floats]:
    """Reduce a picture by a scale above 1; also the matrix from small pixels to its own."""
    height, width = gray.shape
    size = (max(1, round(width / max(scale, 1))), max(1, round(height / max(scale, 1))))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    across, down = width / size[0], height / size[1]
    to_pixels = np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
    return np.asarray(small, np.float32), to_pixels


def visible_mask(
    homography: Floats, size: Size, picture_size: Size, border: int = _BORDER_PIXELS
) -> Mask:
    """Mask of grid pixels that, with a border around them, a homography maps into the picture."""
    inside_levels = inside_mask(homography, size, picture_size).astype(np.uint8)
    kernel = np.ones((2 * border + 1, 2 * border + 1), np.uint8)
    # The spikes' own border counts as one too: their neighbourhoods end there.
    eroded = cv2.erode(inside_levels, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(eroded > 0)


def homography_distance(first: Floats, second: Floats, grid_size: tuple[int, ...]) -> float:
    """Root mean square distance between two homographies over a grid of spikes (H, W)."""
    y, x = np.meshgrid(np.linspace(0, grid_size[0] - 1, 9), np.linspace(0, grid_size[1] - 1, 9))
    points = np.stack([x, y], axis=-1)
    difference = apply_homography(first, points) - apply_homography(second, points)
    return float(np.sqrt((difference**2).sum(-1).mean()))


def _gauss_newton_homography(
    target: Picture, reduced_picture: Picture, start_homography: Floats, pixel_mask: Mask
) -> tuple[Floats, bool]:
    """Gauss-Newton iteration at one level: the homography, and whether it converged."""
    height, width = target.shape
    unit = max(height, width) / 2
    centre = np.array([[unit, 0, (width - 1) / 2], [0, unit, (height - 1) / 2], [0, 0, 1]])
    to_pixels = np.linalg.inv(centre)
    y, x = np.mgrid[:height, :width]
    u = np.asarray((x - centre[0, 2]) / unit, np.float32)
    v = np.asarray((y - centre[1, 2]) / unit, np.float32)
    matrix, step_length = start_homography, np.inf
    for _ in range(_MAX_STEPS):
        picture = warp_plane(reduced_picture, matrix, (height, width))
        mask = (
            visible_mask(
                matrix, (height, width), (reduced_picture.shape[0], reduced_picture.shape[1])
            )
            & pixel_mask
        )
        if mask.sum() < 200:
            return start_homography, False
        down, across = (np.asarray(g, np.float32) for g in np.gradient(picture))
        step = _gauss_newton_step(
            target[mask], picture[mask], across[mask], down[mask], u[mask], v[mask]
        )
        if step is None:
            return start_homography, False
        p = step / unit
        change = np.array([[1 + p[1], p[2], p[0]], [p[4], 1 + p[5], p[3]], [p[6], p[7], 1]])
        after = matrix @ centre @ change @ to_pixels
        step_length = homography_distance(np.eye(3), centre @ change @ to_pixels, (height, width))
        matrix = after / after[2, 2]
        if step_length > unit / 2 or not np.isfinite(matrix).all():
            return start_homography, False
        if step_length < _STOP_PIXELS:
            break
    return matrix, bool(step_length < _CONVERGED_PIXELS)


def _gauss_newton_step(
    target: Picture, picture: Picture, across: Picture, down: Picture, u: Picture, v: Picture
) -> Floats | None:
    """One Gauss-Newton step of a homography's eight parameters; None where undetermined."""
    depth = -(across * u + down * v)
    columns = [across, across * u, across * v, down, down * u, down * v, depth * u, depth * v]
    tone_terms = np.stack([picture, np.ones_like(u)]).astype(np.float64)
    weights = np.ones(len(u))
    for _ in range(2):
        # Cauchy's weights, with the scale of the residuals by their median.
        gram = (tone_terms * weights) @ tone_terms.T
        if np.linalg.cond(gram) > 1e8:
            return None
        fitted = np.asarray(np.linalg.solve(gram, (tone_terms * weights) @ target))
        residual = target - fitted @ tone_terms
        scale = 1.4826 * float(np.median(np.abs(residual))) + 1e-6
        weights = 1 / (1 + (residual / (2.4 * scale)) ** 2)
    gain = float(fitted[0])
    if gain <= 0:
        return None
    design = np.concatenate([gain * np.stack(columns), tone_terms])
    weighted = design * weights
    try:
        return np.asarray(np.linalg.solve(weighted @ design.T, weighted @ residual)[:8])
    except np.linalg.LinAlgError:
        return None

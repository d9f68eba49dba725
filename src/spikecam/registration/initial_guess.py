"""Initial guess of a homography: by matching features, or by exhaustive search at a small scale.

Features (SIFT; Lowe, IJCV 2004) find any shift, rotation and scale where the scene has corners.
The search finds shifts up to a quarter of the view, turns up to 12 degrees and scales up to a
quarter from the same view even in blurred scenes. Either is good to a few spike pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.picture import Mask, Picture
from spikecam.registration.alignment import Floats, inside_mask
from spikecam.registration.refinement import downscale_and_matrix_to_full, local_contrast
from spikecam.registration.warping import warp_plane

# Largest ratio of the best match's distance to the second best's.
_MATCH_RATIO = 0.85
# Fewest matches that must agree: by chance, five or six of hundreds do.
_MIN_INLIERS = 10
_ROTATIONS = np.radians(np.arange(-12, 13, 3))
_SCALES = (0.8, 0.9, 1.0, 1.12, 1.25)
# Longer side of the spikes in the search, in pixels.
_SEARCH_PIXELS = 80


def similarity_from_features(rate: Picture, gray: Picture) -> Floats | None:
    """Estimate a similarity transform from spike to picture pixels by matching features.

    None where too few do.
    """
    scale = max(1.0, rate.shape[1] / 640)
    target, to_spikes = downscale_and_matrix_to_full(rate, scale)
    # Detail below half a spike pixel has no partner among the spikes.
    small, to_full = downscale_and_matrix_to_full(gray, max(gray.shape[1] / target.shape[1] / 2, 1))
    sift = cv2.SIFT.create(nfeatures=4000, contrastThreshold=0.02)
    rate_features, picture_features = (
        sift.detectAndCompute(_local_contrast_levels(plane), None) for plane in (target, small)
    )
    if min(len(rate_features[0]), len(picture_features[0])) < _MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(rate_features[1], picture_features[1], k=2)
    matches = [best for best, second in pairs if best.distance < _MATCH_RATIO * second.distance]
    if len(matches) < _MIN_INLIERS:
        return None
    source = np.array([rate_features[0][m.queryIdx].pt for m in matches])
    target_points = np.array([picture_features[0][m.trainIdx].pt for m in matches])
    # Wide enough for a small perspective, which a similarity does not have.
    tolerance = 0.015 * max(small.shape)
    rows, inliers = cv2.estimateAffinePartial2D(
        source, target_points, ransacReprojThreshold=tolerance, maxIters=5000, confidence=0.999
    )
    if rows is None or int(inliers.sum()) < _MIN_INLIERS:
        return None
    matrix: Floats = to_full @ np.vstack([rows, [0, 0, 1]]) @ np.linalg.inv(to_spikes)
    return matrix


def search_similarity(rate: Picture, gray: Picture) -> Floats:
    """Search the similarity transform of highest correlation over rotations, scales and shifts."""
    target, to_spikes = downscale_and_matrix_to_full(rate, max(rate.shape) / _SEARCH_PIXELS)
    nominal = np.sqrt(gray.size / target.size)
    small, to_full = downscale_and_matrix_to_full(gray, nominal)
    rate_features, picture_features = local_contrast(target, 0.7, 5), local_contrast(small, 0.7, 5)
    height, width = target.shape
    pad = (height // 3, width // 3)
    size = (height + 2 * pad[0], width + 2 * pad[1])
    best, best_matrix = -np.inf, np.eye(3)
    for rotation in _ROTATIONS:
        for scale in _SCALES:
            cos, sin = scale * np.cos(rotation), scale * np.sin(rotation)
            x, y = (width - 1) / 2, (height - 1) / 2
            X, Y = (small.shape[1] - 1) / 2, (small.shape[0] - 1) / 2
            similarity = np.array(
                [[cos, -sin, X - cos * x + sin * y], [sin, cos, Y - sin * x - cos * y], [0, 0, 1]]
            )
            view = similarity @ np.array([[1, 0, -pad[1]], [0, 1, -pad[0]], [0, 0, 1]])
            warped = warp_plane(picture_features, view, size)
            mask = inside_mask(view, size, (small.shape[0], small.shape[1]))
            scores = correlate_shifts(
                rate_features, np.ones(rate_features.shape, np.bool_), warped, mask, 0.5
            )
            scores = scores[: 2 * pad[0] + 1, : 2 * pad[1] + 1]
            y0, x0 = np.unravel_index(int(np.argmax(scores)), scores.shape)
            if scores[y0, x0] > best:
                best = float(scores[y0, x0])
                shift = np.array([[1, 0, x0 - pad[1]], [0, 1, y0 - pad[0]], [0, 0, 1]])
                best_matrix = similarity @ shift
    matrix: Floats = to_full @ best_matrix @ np.linalg.inv(to_spikes)
    return matrix


def correlate_shifts(
    first: Picture,
    first_mask: Mask,
    second: Picture,
    second_mask: Mask,
    min_overlap: float,
) -> Picture:
    """Correlation of two masked pictures at every shift between them.

    It is that of first(x) with second(x + d) for every d = (dy, dx). Shifts wrap around: negative
    ones stand at the end. Where the masks share less than the ``min_overlap`` (a share of the
    pixels of ``first``), the correlation is -1.
    """
    size = [cv2.getOptimalDFTSize(a + b) for a, b in zip(first.shape, second.shape, strict=True)]

    def spectrum(plane: Picture | Mask) -> npt.NDArray[np.complex64]:
        return np.asarray(np.fft.rfft2(np.asarray(plane, np.float32), s=size), np.complex64)

    a, b = first * first_mask, second * second_mask
    mask_a, mask_b = spectrum(first_mask).conj(), spectrum(second_mask)
    cross = np.fft.irfft2(spectrum(a).conj() * spectrum(b), s=size)
    energy_a = np.fft.irfft2(spectrum(a * a).conj() * mask_b, s=size)
    energy_b = np.fft.irfft2(mask_a * spectrum(b * b), s=size)
    overlap_area = np.fft.irfft2(mask_a * mask_b, s=size)
    overlapping = overlap_area > min_overlap * first_mask.sum()
    scores = np.full(cross.shape, -1, np.float32)
    energy = np.maximum(energy_a * energy_b, 1e-9)
    scores[overlapping] = (cross / np.sqrt(energy))[overlapping]
    return scores


def _local_contrast_levels(plane: Picture) -> npt.NDArray[np.uint8]:
    """Local contrast of a picture in 8 bits, for SIFT."""
    return np.asarray(np.clip(127.5 + 42.5 * local_contrast(plane, 0.5, 12), 0, 255), np.uint8)

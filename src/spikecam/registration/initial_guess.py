"""A first guess at where the picture lies: by its features, or by trying places on a small scale.

Features (SIFT; Lowe, IJCV 2004) find any shift, rotation and scale where the scene has corners.
The search finds shifts up to a quarter of the view, turns up to 12 degrees and scales up to a
quarter from the same view even in blurred scenes. Either is good to a few spike pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.picture import Picture
from spikecam.registration.alignment import Floats, Mask, inside
from spikecam.registration.refinement import contrast, to_scale
from spikecam.registration.warping import warp

# Matches are kept where the second best is this much worse.
_RATIO = 0.85
# Matches that must agree on one place: chance alone makes five or six of hundreds agree.
_AGREEING = 10
_TURNS = np.radians(np.arange(-12, 13, 3))
_SCALES = (0.8, 0.9, 1.0, 1.12, 1.25)
# The search's scale: the longer side of the spikes becomes this many pixels.
_COARSE = 80


def by_features(spikes: Picture, gray: Picture) -> Floats | None:
    """The similarity that most matching features agree on, spike to picture pixels.

    None where too few do.
    """
    scale = max(1.0, spikes.shape[1] / 640)
    target, lift = to_scale(spikes, scale)
    # Detail below half a spike pixel has no partner among the spikes.
    small, to_full = to_scale(gray, max(gray.shape[1] / target.shape[1] / 2, 1))
    sift = cv2.SIFT.create(nfeatures=4000, contrastThreshold=0.02)
    ours, theirs = (sift.detectAndCompute(_levels(plane), None) for plane in (target, small))
    if min(len(ours[0]), len(theirs[0])) < _AGREEING:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(ours[1], theirs[1], k=2)
    kept = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(kept) < _AGREEING:
        return None
    source = np.array([ours[0][m.queryIdx].pt for m in kept])
    target_points = np.array([theirs[0][m.trainIdx].pt for m in kept])
    # Wide enough for a small perspective, which a similarity does not have.
    reach = 0.015 * max(small.shape)
    rows, agreeing = cv2.estimateAffinePartial2D(
        source, target_points, ransacReprojThreshold=reach, maxIters=5000, confidence=0.999
    )
    if rows is None or int(agreeing.sum()) < _AGREEING:
        return None
    matrix: Floats = to_full @ np.vstack([rows, [0, 0, 1]]) @ np.linalg.inv(lift)
    return matrix


def by_search(spikes: Picture, gray: Picture) -> Floats:
    """The best of many turns, scales and shifts around the same view, by correlation."""
    target, lift = to_scale(spikes, max(spikes.shape) / _COARSE)
    nominal = np.sqrt(gray.size / target.size)
    small, to_full = to_scale(gray, nominal)
    ours, theirs = contrast(target, 0.7, 5), contrast(small, 0.7, 5)
    height, width = target.shape
    pad = (height // 3, width // 3)
    size = (height + 2 * pad[0], width + 2 * pad[1])
    best, found = -np.inf, np.eye(3)
    for turn in _TURNS:
        for scale in _SCALES:
            cos, sin = scale * np.cos(turn), scale * np.sin(turn)
            x, y = (width - 1) / 2, (height - 1) / 2
            X, Y = (small.shape[1] - 1) / 2, (small.shape[0] - 1) / 2
            centred = np.array(
                [[cos, -sin, X - cos * x + sin * y], [sin, cos, Y - sin * x - cos * y], [0, 0, 1]]
            )
            view = centred @ np.array([[1, 0, -pad[1]], [0, 1, -pad[0]], [0, 0, 1]])
            wide = warp(theirs, view, size)
            mask = inside(view, size, (small.shape[0], small.shape[1]))
            scores = correlations(ours, np.ones(ours.shape, np.bool_), wide, mask, 0.5)
            scores = scores[: 2 * pad[0] + 1, : 2 * pad[1] + 1]
            y0, x0 = np.unravel_index(int(np.argmax(scores)), scores.shape)
            if scores[y0, x0] > best:
                best = float(scores[y0, x0])
                shift = np.array([[1, 0, x0 - pad[1]], [0, 1, y0 - pad[0]], [0, 0, 1]])
                found = centred @ shift
    matrix: Floats = to_full @ found @ np.linalg.inv(lift)
    return matrix


def correlations(
    ours: Picture, our_mask: Mask, theirs: Picture, their_mask: Mask, overlap: float
) -> Picture:
    """Correlation of ``ours`` with ``theirs`` at every shift (dy, dx): ours(x) with theirs(x + d).

    Shifts wrap around: negative ones stand at the end. Where the masks share less than the
    ``overlap`` (a share of our pixels), the correlation is -1.
    """
    size = [cv2.getOptimalDFTSize(a + b) for a, b in zip(ours.shape, theirs.shape, strict=True)]

    def spectrum(plane: Picture | Mask) -> npt.NDArray[np.complex64]:
        return np.asarray(np.fft.rfft2(np.asarray(plane, np.float32), s=size), np.complex64)

    a, b = ours * our_mask, theirs * their_mask
    mask_a, mask_b = spectrum(our_mask).conj(), spectrum(their_mask)
    cross = np.fft.irfft2(spectrum(a).conj() * spectrum(b), s=size)
    power = np.fft.irfft2(spectrum(a * a).conj() * mask_b, s=size)
    other = np.fft.irfft2(mask_a * spectrum(b * b), s=size)
    shared = np.fft.irfft2(mask_a * mask_b, s=size)
    enough = shared > overlap * our_mask.sum()
    scores = np.full(cross.shape, -1, np.float32)
    energy = np.maximum(power * other, 1e-9)
    scores[enough] = (cross / np.sqrt(energy))[enough]
    return scores


def _levels(plane: Picture) -> npt.NDArray[np.uint8]:
    """Eight bits for SIFT, by local contrast: three deviations to black and white."""
    return np.asarray(np.clip(127.5 + 42.5 * contrast(plane, 0.5, 12), 0, 255), np.uint8)

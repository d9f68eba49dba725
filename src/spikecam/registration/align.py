"""`align`: registration of an RGB camera's picture with the spikes, by the scene or a board.

From the scene, the long-exposure firing rate is set against the picture's gray: a first guess
(`spikecam.registration.initial_guess`), then dense refinement
(`spikecam.registration.refinement`). Any two pictures have a best homography, so what was found
must pass three tests before it is an answer:

- The correlation of local contrast peaks there, and is far higher than wherever else the picture
  could be shifted to. Pictures of different scenes have no such peak, stripes have a ridge, and
  what repeats has several.
- Two homographies, each from half of the view (the fields of a chess board), agree. Where little
  texture decides, they do not. Half their distance is the error of the whole, by estimate.
- Enough of the view is covered.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import GeometryError, OptionError
from spikecam.gray import as_gray
from spikecam.picture import Picture
from spikecam.registration.alignment import Alignment, Floats, magnification
from spikecam.registration.boards import align_board
from spikecam.registration.initial_guess import (
    correlate_shifts,
    search_similarity,
    similarity_from_features,
)
from spikecam.registration.refinement import (
    downscale_and_matrix_to_full,
    local_contrast,
    refine_homography,
    repair_pixels,
    split_half_error,
    visible_mask,
)
from spikecam.registration.warping import warp_plane
from spikecam.stream import Span, SpikeStream

# Limits of the tests, set between the values of true and false pairs of photographs.
_MIN_CORRELATION, _MAX_SECOND_PEAK = 0.4, 0.8
_MAX_ERROR_PIXELS = 0.5  # spike pixels
_MIN_COVERAGE = 0.3
# Shifts up to this many spike pixels belong to the same peak: texture has a width.
_PEAK_RADIUS = 8
_MIN_SIDE = 48


def align(
    picture: npt.ArrayLike,
    spikes: SpikeStream | npt.ArrayLike,
    *,
    exposure: Span | None = None,
    board: str | None = None,
) -> Alignment:
    """Register the picture of a second camera with the spikes by a homography.

    Both cameras look the same way up and see mostly the same: without a board, turned by up to
    about 10 degrees and shifted by up to about a fifth of the view; more where the scene is full
    of corners. The scene should stand still or move alike in both, so that both are blurred alike.

    Args:
        picture: (h, w) or (h, w, 3), floats in [0, 1] or uint8.
        spikes: the recording, or firing rates or counts (H, W).
        exposure: frames (start, stop) during which the picture was exposed; by default what the
            recording says (`SpikeStream.exposure`), else all of it.
        board: "checkerboard:9x6" or "charuco:11x8" to align by a board that both cameras see, as
            `spikecam.registration.boards` says, instead of by the scene.

    Returns:
        The alignment; its error is an estimate.

    Raises:
        GeometryError: picture and spikes cannot be aligned: different scenes, too little texture,
            no board.
        OptionError: not a picture, not spikes, or an unknown board.
        RangeError: the exposure leaves the recording.
    """
    gray = as_gray(picture, "a picture to align")
    rate, span = mean_rate_and_exposure(spikes, exposure)
    if board is not None:
        return align_board(gray, repair_pixels(rate), board, exposure=span)
    return _align_scene(gray, repair_pixels(rate), span)


def mean_rate_and_exposure(
    spikes: SpikeStream | npt.ArrayLike, exposure: Span | None
) -> tuple[Picture, Span | None]:
    """Mean firing rates (H, W) over the exposure, and that exposure.

    The exposure is None where it is not known.

    Raises:
        OptionError: rates that cannot be, or an exposure of an array, which has no frames.
        RangeError: the exposure leaves the recording.
    """
    if isinstance(spikes, SpikeStream):
        span = spikes.exposure if exposure is None else spikes.check_exposure(exposure)
        start, stop = span or (0, len(spikes))
        rate = spikes.count(start, stop) / np.float32(max(stop - start, 1))
        return rate.astype(np.float32), span
    array = np.asarray(spikes)
    if exposure is not None:
        raise OptionError("an exposure goes with a recording; firing rates have no frames")
    if array.ndim != 2 or not array.size or array.dtype.kind not in "biuf":
        raise OptionError(f"firing rates are an array (height, width), not {array.shape}")
    if not np.isfinite(array).all() or array.min() < 0:
        raise OptionError("firing rates and counts are finite and at least 0")
    return array.astype(np.float32), None


def _align_scene(gray: Picture, rate: Picture, span: Span | None) -> Alignment:
    for plane, name in ((gray, "the picture"), (rate, "the picture that the spikes make")):
        if min(plane.shape) < _MIN_SIDE:
            raise GeometryError(
                f"{name} of {plane.shape[1]}x{plane.shape[0]} pixels is too small to align by the "
                f"scene; {_MIN_SIDE} pixels a side are the least"
            )
        if np.ptp(plane) <= 0:
            raise _alignment_error(f"{name} is of one even brightness")
    reasons = []
    for guess in (similarity_from_features, search_similarity):
        start = guess(np.sqrt(rate), gray)
        if start is None:
            continue
        fit = refine_homography(rate, gray, start)
        reason = None if fit.converged else "the search for their alignment did not converge"
        reason = reason or _rejection_reason(rate, gray, fit.matrix)
        if reason is None:
            error = split_half_error(rate, gray, fit.matrix)
            if not error <= _MAX_ERROR_PIXELS * magnification(fit.matrix, rate.shape):
                reason = "two halves of the view disagree on the place (too little texture)"
        if reason is None:
            rows: Any = fit.matrix.tolist()
            size = (rate.shape[0], rate.shape[1])
            return Alignment(rows, size, (gray.shape[0], gray.shape[1]), span, error)
        reasons.append(reason)
    raise _alignment_error(reasons[-1])


def _alignment_error(reason: str) -> GeometryError:
    return GeometryError(
        f"picture and spikes cannot be aligned: {reason}; check that both show the same scene at "
        "the same time, or align on a scene with more texture, or on a board"
    )


def _rejection_reason(rate: Picture, gray: Picture, homography: Floats) -> str | None:
    """Reason to reject a homography; None to accept it.

    It is judged by local correlation with the picture.
    """
    small, to_full = downscale_and_matrix_to_full(gray, magnification(homography, rate.shape))
    local = np.linalg.inv(to_full) @ homography
    height, width = rate.shape
    mask = visible_mask(local, (height, width), (small.shape[0], small.shape[1]))
    if mask.mean() < _MIN_COVERAGE:
        return f"they would share only {mask.mean():.0%} of the view"
    rate_contrast = local_contrast(np.sqrt(rate))
    picture_contrast = warp_plane(local_contrast(small), local, (height, width))
    scores = correlate_shifts(rate_contrast, mask, picture_contrast, mask, min_overlap=0.4)
    max_shift_y, max_shift_x = height // 4, width // 4
    # From shifts that wrap around to those from -max_shift to max_shift.
    scores = np.roll(scores, (max_shift_y, max_shift_x), (0, 1))
    scores = scores[: 2 * max_shift_y + 1, : 2 * max_shift_x + 1]
    y, x = np.mgrid[-max_shift_y : max_shift_y + 1, -max_shift_x : max_shift_x + 1]
    shift_length = np.hypot(y, x)
    peak = float(scores[shift_length <= 1].max())
    second_peak = float(scores[shift_length > _PEAK_RADIUS].max())
    if peak < _MIN_CORRELATION:
        return f"at best their local contrast correlates by {peak:.2f}"
    if second_peak > _MAX_SECOND_PEAK * peak:
        return (
            "other places fit nearly as well as the best (the pattern repeats, runs in one "
            "direction, or has too little texture)"
        )
    return None

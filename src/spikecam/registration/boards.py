"""Alignment by a board that both cameras see: a checkerboard, or a ChArUco board.

Boards are named as "checkerboard:9x6", inner corners across and down, or "charuco:11x8", squares
across and down. ChArUco boards are those of OpenCV with markers of `DICT_4X4_50`, `_100`, `_250`
or `_1000`, the smallest that has enough (the first markers are the same in all four), on three
quarters of a square's side; both ways of colouring the first square are tried. A checkerboard must
be seen whole, a ChArUco board need not be.

The homography holds for the plane of the board: put it where the scene will be.
"""

from __future__ import annotations

import re
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from spikecam.errors import GeometryError, OptionError
from spikecam.picture import Mask, Picture
from spikecam.registration.alignment import (
    Alignment,
    Floats,
    Size,
    apply_homography,
    fine_to_coarse_matrix,
    magnification,
)
from spikecam.registration.refinement import refine_homography, split_half_error
from spikecam.stream import Span

Corners = dict[int, Floats]

# Four corners determine a homography; more show whether they agree.
_MIN_CORNERS = 8
# Largest sum of the corners' error and the estimated error, in spike pixels.
_MAX_DISAGREEMENT = 1.5
_DICTIONARIES = {50: "DICT_4X4_50", 100: "DICT_4X4_100", 250: "DICT_4X4_250", 1000: "DICT_4X4_1000"}


def align_board(
    gray: Picture, rate: Picture, board: str, *, exposure: Span | None = None
) -> Alignment:
    """Register a gray picture (h, w) with firing rates (H, W) by a calibration board.

    Corners give the homography to about a spike pixel, refinement on the area of the board
    (`spikecam.registration.refinement`) to a small part of one. Both cameras look the same way up:
    a checkerboard may be taken for itself upside down, and the smaller turn is chosen.

    Raises:
        GeometryError: one of them shows no such board, or their corners do not agree.
        OptionError: an unknown board.
    """
    kind, across, down = parse_board(board)
    # The spikes' pixels are few: corners are looked for on finer grids.
    spike_corners = find_corners(
        _stretch_to_levels(np.sqrt(rate)), kind, (across, down), scales=(2, 3, 1, 4)
    )
    picture_corners = find_corners(
        _stretch_to_levels(gray), kind, (across, down), scales=(1, 2, 0.5, 0.25)
    )
    if spike_corners is None or picture_corners is None:
        raise GeometryError(
            f"the {'spikes' if spike_corners is None else 'picture'} show no {board}: bring it "
            "nearer, hold it still, light it evenly, and check its numbers"
        )
    shared_ids = sorted(spike_corners.keys() & picture_corners.keys())
    if len(shared_ids) < _MIN_CORNERS:
        raise GeometryError(
            f"picture and spikes share {len(shared_ids)} corners of {board}, and {_MIN_CORNERS} "
            "are the least; bring more of it into both views"
        )
    spike_points = np.array([spike_corners[i] for i in shared_ids], np.float64)
    picture_points = np.array([picture_corners[i] for i in shared_ids], np.float64)
    if kind == "checkerboard" and _rotation_between(spike_points, picture_points) > np.pi / 2:
        picture_points = picture_points[::-1]
    rotation = _rotation_between(spike_points, picture_points)
    if rotation > np.pi / 4:
        raise GeometryError(
            f"{board} is rotated by {np.degrees(rotation):.0f} degrees in the picture against the "
            "spikes; turn the picture so that both are the same way up"
        )
    matrix = np.asarray(cv2.findHomography(spike_points, picture_points)[0], np.float64)
    if matrix.shape != (3, 3):
        raise GeometryError(f"the corners of {board} lie on one line; bring more of it into view")
    all_points = np.array(list(picture_corners.values()))
    inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    board_mask = _board_mask(apply_homography(inverse, all_points), (rate.shape[0], rate.shape[1]))
    fit = refine_homography(rate, gray, matrix, finest_only=True, pixel_mask=board_mask)
    residuals = apply_homography(fit.matrix, spike_points) - picture_points
    corner_error = float(np.sqrt((residuals**2).sum(-1).mean()))
    error = split_half_error(rate, gray, fit.matrix, board_mask)
    rows: Any = fit.matrix.tolist()
    size = (rate.shape[0], rate.shape[1])
    limit = _MAX_DISAGREEMENT * magnification(fit.matrix, size)
    if not fit.converged or not corner_error + error < limit:
        raise GeometryError(
            f"{board} is seen, but its squares in picture and spikes do not agree; hold it still "
            "and flat, and nearer to the cameras"
        )
    return Alignment(rows, size, (gray.shape[0], gray.shape[1]), exposure, error)


def parse_board(board_name: str) -> tuple[str, int, int]:
    """Parse a board's name into its kind and its numbers of squares or corners across and down.

    Raises:
        OptionError: an unknown board, or fewer than 3 across or down.
    """
    parts = re.fullmatch(r"(checkerboard|charuco):(\d{1,3})x(\d{1,3})", board_name)
    if parts is None or min(int(parts[2]), int(parts[3])) < 3:
        raise OptionError(
            f"no board is called {board_name!r}; name checkerboard:9x6 by its inner corners across "
            "and down, or charuco:11x8 by its squares, each at least 3"
        )
    return parts[1], int(parts[2]), int(parts[3])


def find_corners(
    levels: npt.NDArray[np.uint8],
    board_kind: str,
    board_size: tuple[int, int],
    *,
    scales: tuple[float, ...],
) -> Corners | None:
    """Find the corners of a calibration board: (x, y) by number.

    The first scale that works is used.
    """
    for scale in scales:
        scaled = cv2.resize(
            levels,
            None,
            fx=scale,
            fy=scale,
            interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
        )
        detect = _checkerboard if board_kind == "checkerboard" else _charuco
        corners_found = detect(np.asarray(scaled, np.uint8), board_size)
        if corners_found:
            return {
                number: apply_homography(fine_to_coarse_matrix(scale), point)
                for number, point in corners_found.items()
            }
    return None


def _checkerboard(levels: npt.NDArray[np.uint8], size: tuple[int, int]) -> Corners:
    flags = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY | cv2.CALIB_CB_NORMALIZE_IMAGE
    corners_found, corners = cv2.findChessboardCornersSB(levels, size, flags=flags)
    return dict(enumerate(corners.reshape(-1, 2).astype(np.float64))) if corners_found else {}


def _charuco(levels: npt.NDArray[np.uint8], size: tuple[int, int]) -> Corners:
    best: Corners = {}
    for legacy in (False, True):
        detector = cv2.aruco.CharucoDetector(charuco_board(size, legacy=legacy))
        corners, corner_numbers, _, _ = detector.detectBoard(levels)
        if corner_numbers is None or len(corner_numbers) <= max(len(best), _MIN_CORNERS - 1):
            continue
        # The detector's own corners are those of the markers' grid; the squares' are sharper.
        points = np.asarray(corners, np.float32).reshape(-1, 1, 2)
        stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 0.001)
        refined_points = np.asarray(
            cv2.cornerSubPix(levels, points, (4, 4), (-1, -1), stop), np.float64
        )
        corner_ids = [int(number) for number in np.ravel(corner_numbers)]
        best = dict(zip(corner_ids, refined_points.reshape(-1, 2), strict=True))
    return best


def charuco_board(size: tuple[int, int], *, legacy: bool = False) -> cv2.aruco.CharucoBoard:
    """Make OpenCV's ChArUco board of a number of squares (across, down).

    Raises:
        OptionError: more squares than there are markers for.
    """
    markers = size[0] * size[1] // 2
    corner_ids = [name for marker_count, name in _DICTIONARIES.items() if markers <= marker_count]
    if not corner_ids:
        raise OptionError(f"a charuco:{size[0]}x{size[1]} needs more than 1000 markers; use fewer")
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, corner_ids[0]))
    board = cv2.aruco.CharucoBoard(size, 1.0, 0.75, dictionary)
    board.setLegacyPattern(legacy)
    return board


def _rotation_between(spike_corners: Floats, picture_corners: Floats) -> float:
    """Rotation angle between two sets of corners, 0 to pi.

    Lines from first to last are compared.
    """
    (a, b), (c, d) = (points[-1] - points[0] for points in (spike_corners, picture_corners))
    return float(abs(np.arctan2(a * d - b * c, a * c + b * d)))


def _board_mask(corners: Floats, size: Size) -> Mask:
    """Mask (H, W) of the pixels inside the convex outline of corners (n, 2)."""
    outline = np.rint(cv2.convexHull(corners.astype(np.float32))).astype(np.int32)
    return np.asarray(cv2.fillConvexPoly(np.zeros(size, np.uint8), outline, (1,)) > 0)


def _stretch_to_levels(plane: Picture) -> npt.NDArray[np.uint8]:
    """Stretch the contrast of a picture to 8 bits between its 0.5 and 99.5 percentiles."""
    low, high = np.percentile(plane, (0.5, 99.5))
    levels = np.clip((plane - low) / max(high - low, 1e-6) * 255, 0, 255)
    return np.asarray(levels, np.uint8)

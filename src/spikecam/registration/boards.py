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
from spikecam.picture import Picture
from spikecam.registration.alignment import (
    Alignment,
    Floats,
    Mask,
    Size,
    finer,
    magnification,
    project,
)
from spikecam.registration.refinement import error_by_halves, refine
from spikecam.stream import Span

Corners = dict[int, Floats]

# Four corners make a homography; some more show whether they agree.
_LEAST_CORNERS = 8
# Spike pixels that corners and the estimated error may reach together.
_MOST_APART = 1.5
_DICTIONARIES = {50: "DICT_4X4_50", 100: "DICT_4X4_100", 250: "DICT_4X4_250", 1000: "DICT_4X4_1000"}


def align_board(
    gray: Picture, rate: Picture, board: str, *, exposure: Span | None = None
) -> Alignment:
    """The alignment of a picture's gray (h, w) with firing rates (H, W) by a board.

    Corners give the homography to about a spike pixel, refinement on the area of the board
    (`spikecam.registration.refinement`) to a small part of one. Both cameras look the same way up:
    a checkerboard may be taken for itself upside down, and the smaller turn is chosen.

    Raises:
        GeometryError: one of them shows no such board, or their corners do not agree.
        OptionError: an unknown board.
    """
    kind, across, down = parse_board(board)
    # The spikes' pixels are few: corners are looked for on finer grids.
    ours = find_corners(_levels(np.sqrt(rate)), kind, (across, down), scales=(2, 3, 1, 4))
    theirs = find_corners(_levels(gray), kind, (across, down), scales=(1, 2, 0.5, 0.25))
    if ours is None or theirs is None:
        raise GeometryError(
            f"the {'spikes' if ours is None else 'picture'} show no {board}: bring it nearer, hold "
            "it still, light it evenly, and check its numbers"
        )
    shared = sorted(ours.keys() & theirs.keys())
    if len(shared) < _LEAST_CORNERS:
        raise GeometryError(
            f"picture and spikes share {len(shared)} corners of {board}, and {_LEAST_CORNERS} are "
            "the least; bring more of it into both views"
        )
    spikes = np.array([ours[i] for i in shared], np.float64)
    picture = np.array([theirs[i] for i in shared], np.float64)
    if kind == "checkerboard" and _turn(spikes, picture) > np.pi / 2:
        picture = picture[::-1]
    if _turn(spikes, picture) > np.pi / 4:
        raise GeometryError(
            f"{board} stands {np.degrees(_turn(spikes, picture)):.0f} degrees otherwise in the "
            "picture than in the spikes; turn the picture so that both are the same way up"
        )
    matrix = np.asarray(cv2.findHomography(spikes, picture)[0], np.float64)
    if matrix.shape != (3, 3):
        raise GeometryError(f"the corners of {board} lie on one line; bring more of it into view")
    every = np.array(list(theirs.values()))
    back = np.asarray(np.linalg.inv(matrix), np.float64)
    area = _area(project(back, every), (rate.shape[0], rate.shape[1]))
    fit = refine(rate, gray, matrix, finest_only=True, among=area)
    apart = float(np.sqrt(((project(fit.matrix, spikes) - picture) ** 2).sum(-1).mean()))
    error = error_by_halves(rate, gray, fit.matrix, area)
    rows: Any = fit.matrix.tolist()
    size = (rate.shape[0], rate.shape[1])
    if not fit.converged or not apart + error < _MOST_APART * magnification(fit.matrix, size):
        raise GeometryError(
            f"{board} is seen, but its squares in picture and spikes do not agree; hold it still "
            "and flat, and nearer to the cameras"
        )
    return Alignment(rows, size, (gray.shape[0], gray.shape[1]), exposure, error)


def parse_board(board: str) -> tuple[str, int, int]:
    """The kind, and the numbers across and down, of a board's name.

    Raises:
        OptionError: an unknown board, or fewer than 3 across or down.
    """
    parts = re.fullmatch(r"(checkerboard|charuco):(\d{1,3})x(\d{1,3})", board)
    if parts is None or min(int(parts[2]), int(parts[3])) < 3:
        raise OptionError(
            f"no board is called {board!r}; say checkerboard:9x6 by its inner corners across and "
            "down, or charuco:11x8 by its squares, each at least 3"
        )
    return parts[1], int(parts[2]), int(parts[3])


def find_corners(
    levels: npt.NDArray[np.uint8], kind: str, size: tuple[int, int], *, scales: tuple[float, ...]
) -> Corners | None:
    """Corners of a board as (x, y) by their number, on the first of ``scales`` that shows it."""
    for scale in scales:
        scaled = cv2.resize(
            levels,
            None,
            fx=scale,
            fy=scale,
            interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
        )
        find = _checkerboard if kind == "checkerboard" else _charuco
        found = find(np.asarray(scaled, np.uint8), size)
        if found:
            return {number: project(finer(scale), point) for number, point in found.items()}
    return None


def _checkerboard(levels: npt.NDArray[np.uint8], size: tuple[int, int]) -> Corners:
    flags = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY | cv2.CALIB_CB_NORMALIZE_IMAGE
    found, corners = cv2.findChessboardCornersSB(levels, size, flags=flags)
    return dict(enumerate(corners.reshape(-1, 2).astype(np.float64))) if found else {}


def _charuco(levels: npt.NDArray[np.uint8], size: tuple[int, int]) -> Corners:
    best: Corners = {}
    for legacy in (False, True):
        detector = cv2.aruco.CharucoDetector(charuco_board(size, legacy=legacy))
        corners, numbers, _, _ = detector.detectBoard(levels)
        if numbers is None or len(numbers) <= max(len(best), _LEAST_CORNERS - 1):
            continue
        # The detector's own corners are those of the markers' grid; the squares' are sharper.
        points = np.asarray(corners, np.float32).reshape(-1, 1, 2)
        stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 0.001)
        sharp = np.asarray(cv2.cornerSubPix(levels, points, (4, 4), (-1, -1), stop), np.float64)
        names = [int(number) for number in np.ravel(numbers)]
        best = dict(zip(names, sharp.reshape(-1, 2), strict=True))
    return best


def charuco_board(size: tuple[int, int], *, legacy: bool = False) -> cv2.aruco.CharucoBoard:
    """The ChArUco board of ``size`` squares (across, down), as it is looked for.

    Raises:
        OptionError: more squares than there are markers for.
    """
    markers = size[0] * size[1] // 2
    names = [name for most, name in _DICTIONARIES.items() if markers <= most]
    if not names:
        raise OptionError(f"a charuco:{size[0]}x{size[1]} needs more than 1000 markers; use fewer")
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, names[0]))
    board = cv2.aruco.CharucoBoard(size, 1.0, 0.75, dictionary)
    board.setLegacyPattern(legacy)
    return board


def _turn(ours: Floats, theirs: Floats) -> float:
    """By how much the line from the first corner to the last is turned, 0 to pi."""
    (a, b), (c, d) = (points[-1] - points[0] for points in (ours, theirs))
    return float(abs(np.arctan2(a * d - b * c, a * c + b * d)))


def _area(corners: Floats, size: Size) -> Mask:
    """Pixels (H, W) within the outline of corners (n, 2)."""
    outline = np.rint(cv2.convexHull(corners.astype(np.float32))).astype(np.int32)
    return np.asarray(cv2.fillConvexPoly(np.zeros(size, np.uint8), outline, (1,)) > 0)


def _levels(plane: Picture) -> npt.NDArray[np.uint8]:
    """Eight bits between the darkest and brightest, but for a few pixels."""
    low, high = np.percentile(plane, (0.5, 99.5))
    levels = np.clip((plane - low) / max(high - low, 1e-6) * 255, 0, 255)
    return np.asarray(levels, np.uint8)

"""Alignment of a second camera's picture with the pixels of the spike camera, a homography.

    (X, Y, 1) ~ homography @ (x, y, 1)

takes pixel (x, y) of the spikes to (X, Y) of the picture, x to the right, y down, the centres of
pixels on whole numbers. A homography is exact where the scene is flat or far, or both cameras look
through one lens; elsewhere it holds for the distance at which it was found.
`spikecam.registration.align.align` finds it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, GeometryError
from spikecam.io.atomic import atomic_path
from spikecam.io.paths import check_existing_file
from spikecam.picture import Mask, Picture
from spikecam.registration.warping import warp_plane
from spikecam.stream import Span, SpikeStream

Floats = npt.NDArray[np.float64]
Size = tuple[int, int]
Row = tuple[float, float, float]

_JSON_KEYS = {"homography", "spikes", "picture", "exposure", "error"}


@dataclass(frozen=True)
class Alignment:
    """Result of registration: a homography from spike pixels to picture pixels, and exposure.

    Args:
        homography: 3x3, spike (x, y) to picture (X, Y); kept with 1 as its last entry.
        spike_size: (height, width) of the spikes in pixels.
        picture_size: (height, width) of the picture in pixels.
        exposure: frames (start, stop) of the spikes during which the picture was exposed.
        error: how far positions are off by estimate, root mean square in picture pixels.

    Raises:
        GeometryError: the matrix is not 3x3, finite and regular, or a corner of the spikes' view
            has no place in the picture's plane; a size, exposure or error that cannot be.

    >>> twice = Alignment.same_view((250, 400), (500, 800))
    >>> twice.to_picture([[0, 0], [399, 249]]).tolist()
    [[0.5, 0.5], [798.5, 498.5]]
    """

    homography: tuple[Row, Row, Row]
    spike_size: Size
    picture_size: Size
    exposure: Span | None = None
    error: float | None = None

    def __post_init__(self) -> None:
        try:
            matrix = np.array(self.homography, np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise GeometryError("a homography is a matrix of 3x3 numbers") from error
        for name in ("spike_size", "picture_size"):
            object.__setattr__(self, name, _size(getattr(self, name)))
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or not matrix[2, 2]:
            raise GeometryError("a homography is a matrix of 3x3 finite numbers, the last not 0")
        matrix /= matrix[2, 2]
        height, width = self.spike_size
        corners = np.array([[x, y, 1] for x in (0, width - 1) for y in (0, height - 1)])
        if np.linalg.cond(matrix) > 1e12 or (corners @ matrix[2]).min() <= 0:
            raise GeometryError(
                "the homography is singular, or sends part of the spikes' view to infinity; "
                "align again"
            )
        object.__setattr__(self, "homography", tuple(tuple(row) for row in matrix.tolist()))
        if self.exposure is not None:
            start, stop = self.exposure
            if type(start) is not int or type(stop) is not int or not 0 <= start < stop:
                raise GeometryError(f"an exposure is START, STOP in frames, not {self.exposure}")
        if self.error is not None and not 0 <= self.error < float("inf"):
            raise GeometryError(f"an error is a number of pixels, at least 0, not {self.error}")

    @classmethod
    def same_view(cls, spike_size: Size, picture_size: Size) -> Alignment:
        """Make the alignment of a picture and spikes that cover the same view already."""
        scale_y, scale_x = (picture_size[i] / spike_size[i] for i in (0, 1))
        rows = ((scale_x, 0, scale_x / 2 - 0.5), (0, scale_y, scale_y / 2 - 0.5), (0, 0, 1))
        return cls(rows, spike_size, picture_size)

    def check_spikes(self, stream: SpikeStream) -> None:
        """Refuse a recording whose size is not that of this alignment.

        Raises:
            GeometryError: it has one.
        """
        if self.spike_size != stream.shape[1:]:
            height, width = self.spike_size
            raise GeometryError(
                f"the alignment is for spikes of {width}x{height}, and these are "
                f"{stream.width}x{stream.height}; align again"
            )

    @property
    def matrix(self) -> Floats:
        """The homography as an array (3, 3)."""
        return np.array(self.homography)

    @property
    def magnification(self) -> float:
        """Size of a spike pixel in picture pixels, along a side, at the centre of the view."""
        return magnification(self.matrix, self.spike_size)

    @property
    def upsampling_factor(self) -> int:
        """Upsampling factor of the grid of `rectify` over the spikes' grid, at least 1."""
        return max(1, round(self.magnification))

    def to_picture(self, points: npt.ArrayLike) -> Floats:
        """Map points (..., 2) of the spikes, each (x, y), to the picture."""
        return apply_homography(self.matrix, points)

    def rectify(self, picture: npt.ArrayLike) -> Picture:
        """Warp the picture to the spike camera's view, on a grid finer by `upsampling_factor`.

        Both grids cover the same view: with k the factor, spike pixel (x, y) covers the columns
        k x to k x + k - 1 and the rows k y to k y + k - 1. What lies outside the picture is black:
        a smear of its edge would look like measured light.

        Args:
            picture: (h, w) or (h, w, 3), floats from 0 or uint8, of the size stored here.

        Returns:
            float32 in [0, 1], or up to the highest value of the picture where that is above 1,
            (k H, k W) or (k H, k W, 3), by bicubic interpolation.

        Raises:
            GeometryError: a picture of another size.
        """
        array = np.asarray(picture)
        if array.shape[:2] != self.picture_size or array.ndim not in (2, 3):
            raise GeometryError(
                f"a picture of {_format_size(array.shape)} does not go with this alignment, found "
                f"for {_format_size(self.picture_size)}; give the camera's own picture, or align "
                "again"
            )
        scale = np.float32(1 / 255 if array.dtype == np.uint8 else 1)
        k = self.upsampling_factor
        matrix = self.matrix @ fine_to_coarse_matrix(k)
        size = (k * self.spike_size[0], k * self.spike_size[1])
        planes = array.reshape(*self.picture_size, -1)
        channels = [
            warp_plane(planes[..., c] * scale, matrix, size) for c in range(planes.shape[2])
        ]
        rectified = np.stack(channels, axis=-1).reshape(*size, *array.shape[2:])
        highest = max(1.0, float(planes.max() * scale))
        return np.clip(rectified, 0, highest, out=rectified)

    def coverage(self) -> float:
        """Share of the spikes' view that lies inside the picture, 0 to 1."""
        return float(self.inside_mask().mean())

    def inside_mask(self) -> Mask:
        """Mask (H, W) of spike pixels whose centre lies inside the picture."""
        return inside_mask(self.matrix, self.spike_size, self.picture_size)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the alignment as JSON.

        Raises:
            OutputError: the file cannot be written.
        """
        content: dict[str, Any] = {
            "homography": [list(row) for row in self.homography],
            "spikes": dict(zip(("height", "width"), self.spike_size, strict=True)),
            "picture": dict(zip(("height", "width"), self.picture_size, strict=True)),
            "exposure": None if self.exposure is None else list(self.exposure),
            "error": self.error,
        }
        content = {key: value for key, value in content.items() if value is not None}
        with atomic_path(Path(path)) as temporary:
            temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Alignment:
        """Read an alignment from a file that `save` wrote.

        Raises:
            FileError: the file is missing, or says something else.
        """
        try:
            content = json.loads(check_existing_file(path).read_text(encoding="utf-8"))
            if not isinstance(content, dict):
                raise ValueError(f"it holds a {type(content).__name__}")
            if unknown := sorted(content.keys() - _JSON_KEYS):
                raise ValueError(f"it has the unknown entry {unknown[0]!r}")
            if missing := sorted({"homography", "spikes", "picture"} - content.keys()):
                raise ValueError(f"it has no entry {missing[0]!r}")
            span, error = content.get("exposure"), content.get("error")
            if span is not None and (not isinstance(span, list) or len(span) != 2):
                raise ValueError(f"an exposure is START, STOP in frames, not {span}")
            if error is not None and type(error) not in (int, float):
                raise ValueError(f"an error is a number of pixels, not {error!r}")
            return cls(
                _parse_matrix(content["homography"]),
                _parse_size(content["spikes"]),
                _parse_size(content["picture"]),
                None if span is None else (span[0], span[1]),
                None if error is None else float(error),
            )
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, OverflowError, RecursionError, GeometryError) as error:
            text = not isinstance(error, UnicodeDecodeError)
            reason = str(error).split(";")[0] if text else "it is no text"
            raise FileError(
                f"{path} is not an alignment ({reason}); make one with spikecam calibrate align"
            ) from error


def apply_homography(homography: Floats, points: npt.ArrayLike) -> Floats:
    """Apply a homography to points (..., 2), each (x, y)."""
    projected = np.asarray(points, np.float64) @ homography[:, :2].T + homography[:, 2]
    points_out: Floats = projected[..., :2] / projected[..., 2:]
    return points_out


def magnification(homography: Floats, spike_size: tuple[int, ...]) -> float:
    """Size of a spike pixel in picture pixels under a homography, at the centre of the view."""
    depth = homography[2] @ ((spike_size[1] - 1) / 2, (spike_size[0] - 1) / 2, 1)
    return float(abs(np.linalg.det(homography) / depth**3) ** 0.5)


def fine_to_coarse_matrix(factor: float) -> Floats:
    """Matrix from pixels of a grid ``factor`` times as fine to those of the coarse grid."""
    shift = 0.5 / factor - 0.5
    return np.array([[1 / factor, 0, shift], [0, 1 / factor, shift], [0, 0, 1]])


def inside_mask(homography: Floats, grid_size: Size, picture_size: Size) -> Mask:
    """Mask (H, W) of grid pixels whose centre a homography maps to inside the picture."""
    y, x = np.mgrid[: grid_size[0], : grid_size[1]]
    projected = apply_homography(homography, np.stack([x, y], axis=-1))
    limits = np.array(picture_size[::-1]) - 0.5
    return np.asarray(((projected >= -0.5) & (projected <= limits)).all(axis=-1))


def _size(size: Any) -> Size:
    if not isinstance(size, tuple) or len(size) != 2 or any(type(n) is not int for n in size):
        raise GeometryError(f"a size is (height, width) in whole numbers, not {size!r}")
    if min(size) < 1:
        raise GeometryError(f"a size is (height, width), each at least 1, not {size!r}")
    return size[0], size[1]


def _format_size(shape: tuple[int, ...]) -> str:
    return "x".join(str(n) for n in (*shape[1::-1], *shape[2:]))


def _parse_size(content: Any) -> Size:
    if not isinstance(content, dict) or content.keys() != {"height", "width"}:
        raise ValueError(f"a size has a height and a width, not {content}")
    return content["height"], content["width"]


def _parse_matrix(content: Any) -> tuple[Row, Row, Row]:
    rows = content if isinstance(content, list) else []
    if [len(row) if isinstance(row, list) else 0 for row in rows] != [3, 3, 3] or any(
        type(n) not in (int, float) for row in rows for n in row
    ):
        raise ValueError("its homography is not a matrix of 3x3 numbers")
    return tuple(tuple(row) for row in rows)  # type: ignore[return-value]

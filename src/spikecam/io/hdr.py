"""Pictures of linear light above white: OpenEXR and 16-bit TIFF files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError, OutputError
from spikecam.io.exr import EXR, check_exr_package, is_exr, write_exr
from spikecam.io.pictures import write_picture
from spikecam.picture import Picture

TIFFS = (".tif", ".tiff")
HDR_PICTURES = (EXR, *TIFFS)
# Light that is the highest level of a 16-bit TIFF, in units of the picture's white.
TIFF_WHITE = 4.0


def write_hdr_picture(path: str | os.PathLike[str], light: npt.ArrayLike) -> None:
    """Write linear light as OpenEXR (32-bit floats) or 16-bit TIFF, by the path's ending.

    In a TIFF the highest level is `TIFF_WHITE` times white; brighter light is clipped to it.

    Args:
        path: where to; overwritten if it exists.
        light: (H, W) or (H, W, 3), finite, from 0; 1 is the white of the photograph.

    Raises:
        OptionError: an array that is no picture, or light below 0 or not finite.
        OutputError: another ending, or the file cannot be written.
        SpikecamError: the package for OpenEXR is missing.
    """
    path = Path(path)
    check_hdr_path(path)
    checked = _check_light(light)
    if is_exr(path):
        write_exr(path, checked)
    else:
        write_picture(path, np.clip(checked / np.float32(TIFF_WHITE), 0, 1), bits=16)


def check_hdr_path(path: Path) -> None:
    """Refuse an ending that cannot hold light above white, and OpenEXR without its package.

    Raises:
        OutputError: another ending.
        SpikecamError: the package is missing.
    """
    if path.suffix.lower() not in HDR_PICTURES:
        raise OutputError(
            f"{path}: linear light with what is above white is written as .exr, .tiff, or a folder "
            "of .exr"
        )
    if is_exr(path):
        check_exr_package()


def white_level(path: Path) -> float:
    """Share of the highest level that is white in a file of this ending; 1 for floats."""
    return 1.0 if is_exr(path) else 1 / TIFF_WHITE


def _check_light(light: npt.ArrayLike) -> Picture:
    array = np.asarray(light)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise OptionError(
            f"a picture is an array (height, width) or (height, width, 3), not {array.shape}"
        )
    if array.dtype.kind != "f":
        raise OptionError(f"linear light is floats, not {array.dtype}")
    low, high = float(array.min()), float(array.max())
    if not 0 <= low <= high < float("inf"):
        raise OptionError(
            f"linear light is finite and at least 0, and this runs from {low:.4g} to {high:.4g}"
        )
    return array.astype(np.float32, copy=False)

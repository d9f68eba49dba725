"""Linear light above white: OpenEXR and 16-bit TIFF files."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from spikecam.errors import FileError, OptionError
from spikecam.extras import require_packages
from spikecam.io.atomic import atomic_path
from spikecam.io.pictures import write_picture
from spikecam.picture import Picture, as_colour

EXR = ".exr"
TIFFS = (".tif", ".tiff")
# Light that is the highest level of a 16-bit TIFF, in units of the picture's white.
TIFF_WHITE = 4.0


def write_hdr_picture(path: Path, light: Picture) -> None:
    """Write linear light as OpenEXR (32-bit floats) or 16-bit TIFF, by the path's ending.

    In a TIFF the highest level is `TIFF_WHITE` times white; brighter light is clipped to it.

    Args:
        path: where to; overwritten if it exists.
        light: (H, W) or (H, W, 3), from 0; 1 is the white of the photograph.

    Raises:
        OptionError: another ending.
        OutputError: the file cannot be written.
    """
    check_hdr_path(path)
    if path.suffix.lower() in TIFFS:
        write_picture(path, np.clip(light / np.float32(TIFF_WHITE), 0, 1), bits=16)
        return
    exr = _openexr()
    colours = np.ascontiguousarray(as_colour(light), np.float32)
    header = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    with atomic_path(path) as temporary:
        exr.File(header, {"RGB": colours}).write(str(temporary))


def read_exr(path: Path) -> Picture:
    """Read linear light from an OpenEXR file, float32 (H, W) or (H, W, 3).

    Raises:
        FileError: it cannot be read, or holds no picture.
    """
    exr = _openexr()
    try:
        with exr.File(str(path)) as file:
            channels = file.channels()
            names = [name for name in ("RGB", "RGBA", "Y") if name in channels]
            pixels = np.array(channels[names[0]].pixels, np.float32)
    except (RuntimeError, IndexError, OSError, ValueError) as error:
        raise FileError(f"{path} is no readable OpenEXR picture ({error})") from error
    return pixels[..., :3] if pixels.ndim == 3 else pixels


def check_hdr_path(path: Path) -> None:
    """Refuse an ending that cannot hold linear light, and OpenEXR where its package is missing.

    Raises:
        OptionError: it cannot, or the package is missing.
    """
    suffix = path.suffix.lower()
    if suffix not in (EXR, *TIFFS):
        raise OptionError(
            f"{path}: linear light is written as .exr or .tiff, which hold what is above white"
        )
    if suffix == EXR:
        _openexr()


def _openexr() -> Any:
    """The package that reads and writes OpenEXR.

    Raises:
        SpikecamError: it is not installed.
    """
    require_packages("OpenEXR", extra="hdr", purpose="OpenEXR files")
    return import_module("OpenEXR")

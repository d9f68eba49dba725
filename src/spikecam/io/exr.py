"""OpenEXR files: linear light as floats, which may be above white."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from spikecam.errors import FileError
from spikecam.extras import require_packages
from spikecam.io.atomic import atomic_path
from spikecam.picture import Picture

EXR = ".exr"
# First bytes of every OpenEXR file.
_MAGIC = bytes((0x76, 0x2F, 0x31, 0x01))
# Standard streams belong to the process: one thread at a time redirects them.
_STDERR, _redirection = 2, Lock()


def is_exr(path: str | os.PathLike[str]) -> bool:
    """Whether a path has the ending of an OpenEXR file."""
    return Path(path).suffix.lower() == EXR


def check_exr_package() -> None:
    """Refuse OpenEXR files where the package that reads and writes them is missing.

    Raises:
        SpikecamError: it is.
    """
    require_packages("OpenEXR", extra="hdr", purpose="OpenEXR files")


def write_exr(path: Path, light: Picture) -> None:
    """Write linear light as 32-bit floats, compressed without loss.

    Args:
        path: where to; overwritten if it exists.
        light: (H, W), written as luminance, or (H, W, 3).

    Raises:
        OutputError: the file cannot be written.
        SpikecamError: the package is missing.
    """
    exr = _load_package()
    header = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    name = "RGB" if light.ndim == 3 else "Y"
    file = exr.File(header, {name: np.ascontiguousarray(light, np.float32)})
    with atomic_path(path) as temporary:
        try:
            file.write(str(temporary))
        except RuntimeError as error:
            raise OSError(str(error)) from error


def read_exr(path: Path) -> Picture:
    """Read linear light from an OpenEXR file.

    Returns:
        float32 (H, W, 3), or (H, W) where the file holds luminance alone, from 0; values below 0,
        which conversions of colours leave, become 0, and transparency is left out.

    Raises:
        FileError: it cannot be read, or holds no picture or values that are not finite.
        SpikecamError: the package is missing.
    """
    exr = _load_package()
    _check_magic(path)
    try:
        with _without_library_messages(), exr.File(str(path)) as file:
            channels = file.channels()
            name = next((name for name in ("RGB", "RGBA", "Y") if name in channels), None)
            pixels = None if name is None else np.array(channels[name].pixels, np.float32)
    except (RuntimeError, OSError, ValueError, TypeError) as error:
        raise FileError(f"{path} is no readable OpenEXR picture ({error})") from error
    if pixels is None or pixels.ndim not in (2, 3) or not pixels.size:
        raise FileError(f"{path} is damaged, or holds no channels R, G and B, or Y; save it again")
    if not np.isfinite(pixels).all():
        raise FileError(f"{path} holds values that are not finite; save it without them")
    return np.maximum(pixels[..., :3] if pixels.ndim == 3 else pixels, 0)


def exr_size(path: Path) -> tuple[int, int]:
    """Height and width of an OpenEXR file, without decoding it.

    Raises:
        FileError: it cannot be read.
        SpikecamError: the package is missing.
    """
    exr = _load_package()
    _check_magic(path)
    try:
        with _without_library_messages(), exr.File(str(path), header_only=True) as file:
            first, last = file.header()["dataWindow"]
    except (RuntimeError, OSError, ValueError, TypeError, KeyError) as error:
        raise FileError(f"{path} is no readable OpenEXR picture ({error})") from error
    return int(last[1] - first[1]) + 1, int(last[0] - first[0]) + 1


def _check_magic(path: Path) -> None:
    with path.open("rb") as start:
        if start.read(len(_MAGIC)) != _MAGIC:
            raise FileError(f"{path} is no OpenEXR picture; name a picture that is one")


@contextmanager
def _without_library_messages() -> Iterator[None]:
    """Drop what the library writes about a damaged file, by Python and by C; an error says it."""
    with _redirection, open(os.devnull, "wb") as null, redirect_stdout(io.StringIO()):
        if sys.stderr is not None:
            sys.stderr.flush()
        try:
            original = os.dup(_STDERR)
        except OSError:  # it is closed
            yield
            return
        try:
            os.dup2(null.fileno(), _STDERR)
            yield
        finally:
            os.dup2(original, _STDERR)
            os.close(original)


def _load_package() -> Any:
    check_exr_package()
    return import_module("OpenEXR")

"""Pictures named by their frame: PNG files in a folder or in a ZIP archive, OpenEXR in a folder."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from zipfile import ZipFile

import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.io.atomic import atomic_folder, atomic_path
from spikecam.io.exr import EXR
from spikecam.io.hdr import write_hdr_picture
from spikecam.io.pictures import PICTURES, check_bit_depth, encode_picture

ARCHIVES = (".zip",)


def write_picture_folder(
    path: str | os.PathLike[str],
    pictures: Iterable[npt.ArrayLike],
    frame_indices: Sequence[int] | None = None,
    *,
    bits: int = 8,
    hdr: bool = False,
    overwrite: bool = False,
) -> None:
    """Write pictures as PNG files named by their frame, ``020.png``, into a folder.

    The folder appears when all are written.

    Args:
        path: the folder.
        pictures: (H, W) or (H, W, 3) each, floats in [0, 1] or uint8.
        frame_indices: the numbers in the names; from 0 where they are not given.
        bits: bits a channel, 8 or 16.
        hdr: the pictures are linear light from 0, written as OpenEXR files, ``020.exr``.
        overwrite: replace a folder that holds nothing but pictures; otherwise one that holds
            anything is refused.

    Raises:
        OptionError: no pictures, values outside [0, 1], or numbers that are too few, negative or
            repeated.
        OutputError: the folder is in use, or cannot be written.
    """
    path = Path(path)
    check_bit_depth(Path("000.png"), bits)
    indices = _checked_indices(pictures, frame_indices)
    with atomic_folder(path, is_replaceable=is_existing_picture if overwrite else None) as folder:
        for name, picture in _iter_named_pictures(path, pictures, indices):
            if hdr:
                write_hdr_picture(folder / f"{name}{EXR}", picture)
            else:
                (folder / f"{name}.png").write_bytes(encode_picture(picture, bits=bits))


def is_existing_picture(path: Path) -> bool:
    """Whether a path is an existing file with the ending of a picture."""
    return path.is_file() and path.suffix.lower() in (*PICTURES, EXR)


def write_picture_archive(
    path: str | os.PathLike[str],
    pictures: Iterable[npt.ArrayLike],
    frame_indices: Sequence[int] | None = None,
    *,
    bits: int = 8,
) -> None:
    """Write pictures as PNG files into a ZIP archive; for arguments see `write_picture_folder`."""
    path = Path(path)
    check_bit_depth(Path("000.png"), bits)
    indices = _checked_indices(pictures, frame_indices)
    with atomic_path(path) as temporary, ZipFile(temporary, "w") as archive:
        for name, picture in _iter_named_pictures(path, pictures, indices):
            archive.writestr(f"{name}.png", encode_picture(picture, bits=bits))


def _checked_indices(
    pictures: Iterable[npt.ArrayLike], frame_indices: Sequence[int] | None
) -> list[int] | None:
    if frame_indices is None:
        return None
    try:
        indices = [operator.index(index) for index in frame_indices]
    except TypeError:
        raise OptionError("the numbers of frames are a list of whole numbers") from None
    if isinstance(pictures, Sized) and len(pictures) != len(indices):
        raise OptionError(f"{len(pictures)} frames need a number each, not {len(indices)}")
    if len(set(indices)) < len(indices) or min(indices, default=0) < 0:
        raise OptionError("the numbers of frames differ from each other and are 0 or more")
    return indices


def _iter_named_pictures(
    path: Path, pictures: Iterable[npt.ArrayLike], indices: Sequence[int] | None
) -> Iterator[tuple[str, npt.ArrayLike]]:
    """Yield the name, without ending, of a file for each picture, and the picture."""
    digits = max(3, len(str(max(indices or (), default=0))))
    written = 0
    for written, picture in enumerate(pictures, start=1):
        if indices is not None and written > len(indices):
            raise OptionError(f"there are more frames than their {len(indices)} numbers")
        index = written - 1 if indices is None else indices[written - 1]
        yield f"{index:0{digits}d}", picture
    if not written:
        raise OptionError(f"{path}: there are no frames to write")
    if indices is not None and written < len(indices):
        raise OptionError(f"{written} frames need a number each, not {len(indices)}")

"""Pictures as PNG files named by their frame, in a folder or in a ZIP archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from zipfile import ZipFile

import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.io.atomic import atomic_folder, atomic_path
from spikecam.io.pictures import PICTURES, check_bits, encode_picture

ARCHIVES = (".zip",)


def write_folder(
    path: str | os.PathLike[str],
    pictures: Iterable[npt.ArrayLike],
    frame_indices: Sequence[int] | None = None,
    *,
    bits: int = 8,
    overwrite: bool = False,
) -> None:
    """Write pictures as PNG files named by their frame, ``020.png``, into a folder.

    The folder appears when all are written.

    Args:
        path: the folder.
        pictures: (H, W) or (H, W, 3) each, floats in [0, 1] or uint8.
        frame_indices: the numbers in the names; from 0 where they are not given.
        bits: bits a channel, 8 or 16.
        overwrite: replace a folder that holds nothing but pictures; otherwise one that holds
            anything is refused.

    Raises:
        OptionError: no pictures, values outside [0, 1], or numbers that are too few, negative or
            repeated.
        OutputError: the folder is in use, or cannot be written.
    """
    path = Path(path)
    _check_arguments(pictures, frame_indices, bits)
    with atomic_folder(path, is_replaceable=is_picture_file if overwrite else None) as folder:
        for name, content in _png_files(path, pictures, frame_indices, bits):
            (folder / name).write_bytes(content)


def is_picture_file(path: Path) -> bool:
    """Whether a path is a file that ends like a picture."""
    return path.is_file() and path.suffix.lower() in PICTURES


def write_archive(
    path: str | os.PathLike[str],
    pictures: Iterable[npt.ArrayLike],
    frame_indices: Sequence[int] | None = None,
    *,
    bits: int = 8,
) -> None:
    """Write pictures as PNG files into a ZIP archive; arguments and errors as `write_folder`."""
    path = Path(path)
    _check_arguments(pictures, frame_indices, bits)
    with atomic_path(path) as temporary, ZipFile(temporary, "w") as archive:
        for name, content in _png_files(path, pictures, frame_indices, bits):
            archive.writestr(name, content)


def _check_arguments(
    pictures: Iterable[npt.ArrayLike], frame_indices: Sequence[int] | None, bits: int
) -> None:
    check_bits(Path("000.png"), bits)
    if frame_indices is None:
        return
    if isinstance(pictures, Sized) and len(pictures) != len(frame_indices):
        raise OptionError(f"{len(pictures)} frames need a number each, not {len(frame_indices)}")
    if len(set(frame_indices)) < len(frame_indices) or min(frame_indices, default=0) < 0:
        raise OptionError("the numbers of frames differ from each other and are 0 or more")


def _png_files(
    path: Path, pictures: Iterable[npt.ArrayLike], frame_indices: Sequence[int] | None, bits: int
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files, as the pictures come."""
    digits = max(3, len(str(max(frame_indices or (), default=0))))
    numbered = (
        enumerate(pictures) if frame_indices is None else zip(frame_indices, pictures, strict=True)
    )
    index = -1
    for index, picture in numbered:
        yield f"{index:0{digits}d}.png", encode_picture(picture, bits=bits)
    if index < 0:
        raise OptionError(f"{path}: there are no frames to write")

"""Pictures in a Zarr store (``.zarr``): values as they are, in chunks of frames.

A Zarr v3 group with the array ``pictures``, (T, H, W) or (T, H, W, 3), float32 or uint8, and the
array ``frame`` (T,), the frame of each. A file holds a chunk of `CHUNK_FRAMES` whole pictures, with
a checksum. The dimensions are called time, row, column and channel.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spikecam.errors import FileError, OptionError
from spikecam.extras import require_packages
from spikecam.io.atomic import atomic_folder
from spikecam.picture import check_picture

if TYPE_CHECKING:
    from zarr import Array, Group

STORES = (".zarr",)
# The same for all sizes: what begins at a multiple of it is stored in files of its own.
CHUNK_FRAMES = 8
_PICTURES, _FRAME, _METADATA = "pictures", "frame", "zarr.json"
_DIMENSIONS = ("time", "row", "column", "channel")


def require_store_packages() -> None:
    """Refuse to go on without the packages that stores need.

    Raises:
        SpikecamError: one is missing; the message holds the command that installs it.
    """
    require_packages("zarr", extra="zarr", purpose="pictures in a .zarr")


def is_store_entry(path: Path) -> bool:
    """Whether a path in a folder is named as a part of a store of pictures."""
    return path.name in (_PICTURES, _FRAME, _METADATA)


def write_picture_store(
    path: Path,
    pictures: Iterable[npt.ArrayLike],
    frame_indices: Sequence[int] | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write pictures to a store, which appears when all are written.

    Args:
        path: the store, a folder.
        pictures: (H, W) or (H, W, 3) each, all floats in [0, 1] or all uint8.
        frame_indices: the frame of each; from 0 where they are not given.
        overwrite: replace a store of pictures; otherwise a folder that holds anything is refused.

    Raises:
        OptionError: no pictures, pictures of different sizes or types, values outside [0, 1], or
            another number of frames.
        OutputError: the folder is in use, or cannot be written.
        SpikecamError: zarr is not installed.
    """
    require_store_packages()
    with atomic_folder(path, is_replaceable=is_store_entry if overwrite else None) as folder:
        group, array, count = _create_group(folder), None, 0
        checked = (_as_stored(check_picture(picture)) for picture in pictures)
        while batch := list(islice(checked, CHUNK_FRAMES)):
            if array is None:
                first = batch[0]
                array = _create_array(group, _PICTURES, (0, *first.shape), first.dtype)
            if any((one.shape, one.dtype) != (first.shape, first.dtype) for one in batch):
                raise OptionError(f"{path} holds pictures of one size and type, and these differ")
            array.append(np.stack(batch))
            count += len(batch)
        if array is None:
            raise OptionError(f"{path}: there are no frames to write")
        _write_frames(group, range(count) if frame_indices is None else frame_indices, count)


def join_picture_stores(
    path: Path, parts: Sequence[Path], frame_indices: Sequence[int], *, overwrite: bool = False
) -> None:
    """Join stores of pictures that follow each other to one, which appears when it is whole.

    Files of chunks are linked, or copied where links cannot be made, and not read.

    Args:
        path: the store.
        parts: stores of `write_picture_store`; all but the last hold a multiple of `CHUNK_FRAMES`
            pictures.
        frame_indices, overwrite: as for `write_picture_store`.

    Raises:
        OptionError: the parts hold pictures of different sizes or types, or another number of them.
        FileError: a part is no such store.
        OutputError: the folder is in use, or cannot be written.
        SpikecamError: zarr is not installed.
    """
    require_store_packages()
    arrays = [_open_pictures(part) for part in parts]
    first, count = arrays[0], sum(array.shape[0] for array in arrays)
    if any((one.shape[1:], one.dtype) != (first.shape[1:], first.dtype) for one in arrays) or any(
        one.shape[0] % CHUNK_FRAMES for one in arrays[:-1]
    ):
        raise OptionError(f"{path} holds pictures of one size and type, and the parts of it differ")
    with atomic_folder(path, is_replaceable=is_store_entry if overwrite else None) as folder:
        group, written = _create_group(folder), 0
        _create_array(group, _PICTURES, (count, *first.shape[1:]), first.dtype)
        for part, array in zip(parts, arrays, strict=True):
            for number in range(-(-array.shape[0] // CHUNK_FRAMES)):
                _link_chunk(part, number, folder, written // CHUNK_FRAMES + number)
            written += array.shape[0]
        _write_frames(group, frame_indices, count)


def _as_stored(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Floats as float32, uint8 as it is."""
    return picture if picture.dtype == np.uint8 else picture.astype(np.float32, copy=False)


def _link_chunk(source: Path, source_number: int, target: Path, target_number: int) -> None:
    chunk = source / _PICTURES / "c" / str(source_number)
    files = list(filter(Path.is_file, chunk.rglob("*")))
    if not files:
        raise FileError(f"{source} lacks pictures; write it again")
    for file in files:
        place = target / _PICTURES / "c" / str(target_number) / file.relative_to(chunk)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, place)
        except OSError:  # a file system without links, or across two of them
            shutil.copyfile(file, place)


def _create_group(folder: Path) -> Group:
    import zarr

    return zarr.create_group(zarr.storage.LocalStore(folder), zarr_format=3)


def _create_array(group: Group, name: str, shape: tuple[int, ...], dtype: Any) -> Array[Any]:
    from zarr.codecs import BloscCodec, Crc32cCodec

    size = np.dtype(dtype).itemsize
    return group.create_array(
        name,
        shape=shape,
        dtype=np.dtype(dtype).name,
        chunks=(CHUNK_FRAMES, *shape[1:]),
        compressors=[
            BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=size),
            Crc32cCodec(),
        ],
        dimension_names=_DIMENSIONS[: len(shape)],
        config={"write_empty_chunks": True},
    )


def _write_frames(group: Group, frame_indices: Sequence[int], count: int) -> None:
    if len(frame_indices) != count:
        raise OptionError(f"{count} frames need a number each, not {len(frame_indices)}")
    group.create_array(_FRAME, data=np.asarray(frame_indices, np.int64), dimension_names=("time",))


def _open_pictures(path: Path) -> Array[Any]:
    import zarr

    try:
        array = zarr.open_group(path, mode="r", zarr_format=3)[_PICTURES]
    except (OSError, LookupError, ValueError) as error:
        raise FileError(f"{path} is no store of pictures; write it again") from error
    if not isinstance(array, zarr.Array) or array.chunks != (CHUNK_FRAMES, *array.shape[1:]):
        raise FileError(f"{path} is no store of pictures of this version; write it again")
    return array

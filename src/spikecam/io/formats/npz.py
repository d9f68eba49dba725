"""``.npz`` recordings: the UHSR and RSIR layouts of the field, and our own packed one.

- UHSR (U-CALTECH): ``spk``, 0/1 bytes (T, H, W), stored upright. Its picture is the crop
  [13:237, 13:237]; the reader gives the whole frame.
- RSIR: ``seq``, bytes (ceil(T / 8), H, W) packed along time, bit i of byte k is frame 8k + i;
  ``length``, the number of frames.
- packed (ours): ``spikes`` in the layout of `spikecam.bits`, not compressed, so that a reader
  maps it into memory; ``shape`` (H, W).

The checksums of the archive are compared: of UHSR and RSIR when a file is opened, of packed frames
once all of them were read in order.

We add ``rate`` and ``exposure`` to each where they are known.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError
from spikecam.io.atomic import atomic_path
from spikecam.io.byte_source import ByteSource, open_byte_source
from spikecam.io.geometry import Geometry
from spikecam.io.npy_header import read_npy_header
from spikecam.io.recording_format import RecordingFormat
from spikecam.io.remote_address import RecordingPath
from spikecam.io.stored_frames import StoredFrames, pack_without_padding
from spikecam.resources import check_memory
from spikecam.stream import Progress, Span, SpikeStream

# What numpy and zipfile raise on files that are damaged or hold something else.
_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)

LAYOUTS = ("packed", "uhsr", "rsir")
_BLOCK_BYTES = 16 << 20
# Deflate makes no more than this of a byte: a file that promises more is damaged, or made to harm.
_MAX_INFLATION = 1032


def open_npz(
    path: RecordingPath, geometry: Geometry | None = None, truncate: bool = False
) -> SpikeStream:
    """Open an ``.npz`` recording in any of the three layouts.

    Of UHSR and RSIR all frames are read, and packed as they come; of our own layout none is yet.

    Raises:
        FileError: not such a file, none of the keys, or values other than 0 and 1.
        ResourceError: its frames are larger than the memory.
    """
    try:
        source = open_byte_source(path)
        with source.open() as file, zipfile.ZipFile(file) as archive:
            keys = {name.removesuffix(".npy") for name in archive.namelist()}
            metadata = _read_metadata(archive, keys)
            if "spk" in keys:
                return SpikeStream(*_read_uhsr(path, archive), **metadata)
            if {"seq", "length"} <= keys:
                return SpikeStream(*_read_rsir(path, archive), **metadata)
            if {"spikes", "shape"} <= keys:
                return SpikeStream(*_open_packed_frames(source, archive), **metadata)
    except _DAMAGE as error:
        raise FileError(f"{path} is damaged, or no .npz file at all; get it again") from error
    raise FileError(
        f"{path} holds the keys {', '.join(sorted(keys)) or '(none)'}; a recording has spk (UHSR), "
        "seq and length (RSIR), or spikes and shape (written by spikecam)"
    )


def _read_metadata(archive: zipfile.ZipFile, keys: set[str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if "rate" in keys:
        metadata["rate"] = float(_read_small_array(archive, "rate"))
    if "exposure" in keys:
        start, stop = _read_small_array(archive, "exposure")
        metadata["exposure"] = (int(start), int(stop))
    return metadata


def _read_small_array(archive: zipfile.ZipFile, key: str) -> npt.NDArray[Any]:
    """Read an array of at most 16 numbers."""
    with archive.open(f"{key}.npy") as file:
        shape, _, dtype = read_npy_header(file)
        if dtype.hasobject or len(shape) > 1 or int(np.prod(shape, dtype=object)) > 16:
            raise ValueError(f"{key} is not a few numbers")
        content = file.read(16 * dtype.itemsize + 1)  # to the end, where the checksum is compared
        return np.frombuffer(content, dtype, int(np.prod(shape))).reshape(shape)


def _iter_array_blocks(archive: zipfile.ZipFile, key: str) -> Iterator[npt.NDArray[Any]]:
    """Yield the frames of an array (n, H, W) block by block.

    The first block is empty, (0, n, H, W), for its shape.
    """
    member = archive.getinfo(f"{key}.npy")
    with archive.open(member) as file:
        shape, fortran_order, dtype = read_npy_header(file)
        size = int(np.prod(shape, dtype=object)) * dtype.itemsize
        if dtype.hasobject or min(shape, default=0) < 0:
            raise ValueError("not an array of numbers")
        if (
            file.tell() + size != member.file_size
            or member.file_size > _MAX_INFLATION * member.compress_size + 1024
        ):
            raise ValueError("the header does not go with the size")
        yield np.empty((0, *shape), dtype)
        if fortran_order and len(shape) > 1:
            check_memory(2 * size, f"reading {archive.filename}")
            yield np.frombuffer(file.read(), dtype).reshape(shape, order="F")
            return
        item = size // max(1, shape[0]) if shape else size
        step = max(8, _BLOCK_BYTES // max(1, item) // 8 * 8)
        for start in range(0, shape[0] if shape else 0, step):
            count = min(step, shape[0] - start)
            check_memory(count * item, f"reading {archive.filename}")
            content = file.read(count * item)
            yield np.frombuffer(content, dtype).reshape(count, *shape[1:])
        file.read(1)  # at the end the checksum is compared


def _read_uhsr(path: RecordingPath, archive: zipfile.ZipFile) -> tuple[bits.Bytes, tuple[int, int]]:
    blocks = _iter_array_blocks(archive, "spk")
    shape = next(blocks).shape[1:]
    if len(shape) != 3 or 0 in shape[1:]:
        raise FileError(
            f"{path}, key spk: spikes are an array (frames, height, width), not {tuple(shape)}"
        )
    count, height, width = shape
    packed = _allocate(path, count, height, width)
    start = 0
    for block in blocks:
        if block.dtype != np.bool_ and not np.all((block == 0) | (block == 1)):
            raise FileError(f"{path}, key spk: spikes are 0 or 1, and it holds other values")
        packed[start : start + len(block)] = bits.pack(block.astype(np.uint8, copy=False))
        start += len(block)
    return packed, (height, width)


def _read_rsir(path: RecordingPath, archive: zipfile.ZipFile) -> tuple[bits.Bytes, tuple[int, int]]:
    length = int(_read_small_array(archive, "length"))
    blocks = _iter_array_blocks(archive, "seq")
    first = next(blocks)
    shape = first.shape[1:]
    if first.dtype != np.uint8 or len(shape) != 3 or length < 1 or shape[0] != -(-length // 8):
        raise FileError(
            f"{path}: length {length} does not go with seq of {first.dtype} {shape}; "
            "expected bytes (ceil(length / 8), height, width)"
        )
    _, height, width = shape
    packed = _allocate(path, length, height, width)
    start = 0
    for block in blocks:
        # A few bytes along time at once: each becomes eight frames of a byte a pixel.
        for first_byte in range(0, len(block), 32):
            part = block[first_byte : first_byte + 32]
            frames = np.unpackbits(part, axis=0, bitorder="little")[: length - start]
            packed[start : start + len(frames)] = bits.pack(frames)
            start += len(frames)
    return packed, (height, width)


def _allocate(path: RecordingPath, frames: int, height: int, width: int) -> bits.Bytes:
    size = bits.frame_bytes(height, width)
    check_memory(frames * size, f"opening {path}")
    return np.empty((frames, size), np.uint8)


def _open_packed_frames(
    source: ByteSource, archive: zipfile.ZipFile
) -> tuple[StoredFrames, tuple[int, int]]:
    """Open the packed frames of an uncompressed archive, read slice by slice from the file."""
    height, width = (int(n) for n in _read_small_array(archive, "shape"))
    member = archive.getinfo("spikes.npy")
    with archive.open(member) as file:
        shape, _, dtype = read_npy_header(file)
        header = file.tell()
    if member.compress_type != zipfile.ZIP_STORED or dtype != np.uint8 or len(shape) != 2:
        raise FileError(
            f"{source.name} was not written by spikecam: its spikes are not plain bytes"
        )
    if header + shape[0] * shape[1] != member.file_size:
        raise ValueError("the header does not go with the size")
    with source.open() as raw:
        # A member's data follows its local header of 30 bytes, its name and an extra field.
        raw.seek(member.header_offset + 26)
        name, extra = np.frombuffer(raw.read(4), "<u2").tolist()
        start = member.header_offset + 30 + name + extra
        raw.seek(start)
        checksum = zlib.crc32(raw.read(header)), member.CRC
    stored = StoredFrames(source, shape[0], shape[1], start + header, checksum)
    return stored, (height, width)


def write_npz(
    path: Path,
    stream: SpikeStream,
    *,
    layout: str | None = None,
    progress: Progress[Span] = iter,
) -> None:
    """Write ``stream`` as ``.npz`` in one of `LAYOUTS`, by default packed, a block at a time.

    The rate and the exposure go along in every layout, as keys that other readers pass over.
    """
    frames, height, width = stream.shape
    small: dict[str, npt.ArrayLike] = {}
    if stream.rate is not None:
        small["rate"] = stream.rate
    if stream.exposure is not None:
        small["exposure"] = stream.exposure
    parts: Iterator[bits.Bytes]
    shape: tuple[int, ...]
    layout = layout or "packed"
    if layout == "packed":
        small["shape"] = (height, width)
        name, shape = "spikes", (frames, bits.frame_bytes(height, width))
        parts = (pack_without_padding(stream, *span) for span in progress(stream.block_spans()))
    elif layout == "uhsr":
        name, shape = "spk", stream.shape
        parts = (stream.read(*span) for span in progress(stream.block_spans(1 << 20)))
    else:
        small["length"] = frames
        name, shape = "seq", (-(-frames // 8), height, width)
        spans = [(a, min(a + 64, frames)) for a in range(0, frames, 64)]
        parts = (
            np.packbits(stream.read(*span), axis=0, bitorder="little") for span in progress(spans)
        )
    compression = zipfile.ZIP_STORED if layout == "packed" else zipfile.ZIP_DEFLATED
    with atomic_path(path) as temporary:
        with temporary.open("wb") as plain:  # by its name, numpy would append .npz to .NPZ
            np.savez(plain, **small)  # type: ignore[arg-type]
        with (
            zipfile.ZipFile(temporary, "a", compression) as archive,
            archive.open(f"{name}.npy", "w", force_zip64=True) as file,
        ):
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for part in parts:
                file.write(np.ascontiguousarray(part).data)


FORMAT = RecordingFormat(
    name="NumPy archive",
    suffixes=(".npz",),
    read=open_npz,
    write=write_npz,
    layouts=LAYOUTS,
    reads_addresses=True,
)

"""``.npz`` recordings: the UHSR and RSIR layouts of the field, and our own packed one.

- UHSR (U-CALTECH): ``spk``, 0/1 bytes (T, H, W), stored upright. Its picture is the crop
  [13:237, 13:237]; the reader gives the whole frame.
- RSIR: ``seq``, bytes (ceil(T / 8), H, W) packed along time, bit i of byte k is frame 8k + i;
  ``length``, the number of frames.
- packed (ours): ``spikes`` in the layout of `spikecam.bits`, not compressed, so that a reader
  maps it into memory; ``shape`` (H, W).

We add ``rate`` and ``exposure`` to each where they are known.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError, OptionError
from spikecam.io.atomic import atomic_path
from spikecam.io.dat import MappedFrames, packed_blocks
from spikecam.stream import Progress, Span, SpikeStream

# What numpy and zipfile raise on files that are damaged or hold something else.
_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)

LAYOUTS = ("packed", "uhsr", "rsir")


def open_npz(path: Path) -> SpikeStream:
    """Open an ``.npz`` recording in any of the three layouts.

    Raises:
        FileError: not such a file, none of the keys, or values other than 0 and 1.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            keys = set(arrays.files)
            said = _rate_and_exposure(arrays)
            if "spk" in keys:
                return SpikeStream(*_from_uhsr(path, arrays), **said)
            if {"seq", "length"} <= keys:
                return SpikeStream(*_from_rsir(path, arrays), **said)
            if {"spikes", "shape"} <= keys:
                return SpikeStream(*_from_packed(path, arrays), **said)
    except _DAMAGE as error:
        raise FileError(f"{path} is damaged, or no .npz file at all; get it again") from error
    raise FileError(
        f"{path} holds the keys {', '.join(sorted(keys)) or '(none)'}; a recording has spk (UHSR), "
        "seq and length (RSIR), or spikes and shape (written by spikecam)"
    )


def _rate_and_exposure(arrays: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "rate" in arrays:
        said["rate"] = float(arrays["rate"])
    if "exposure" in arrays:
        start, stop = arrays["exposure"]
        said["exposure"] = (int(start), int(stop))
    return said


def _from_uhsr(path: Path, arrays: Mapping[str, Any]) -> tuple[bits.Bytes, tuple[int, int]]:
    try:
        stream = SpikeStream.from_array(arrays["spk"])
    except OptionError as error:
        raise FileError(f"{path}, key spk: {error}") from error
    return stream.packed(), (stream.height, stream.width)


def _from_rsir(path: Path, arrays: Mapping[str, Any]) -> tuple[bits.Bytes, tuple[int, int]]:
    packed, length = arrays["seq"], int(arrays["length"])
    if packed.dtype != np.uint8 or packed.ndim != 3 or length < 1 or len(packed) != -(-length // 8):
        raise FileError(
            f"{path}: length {length} does not go with seq of {packed.dtype} {packed.shape}; "
            "expected bytes (ceil(length / 8), height, width)"
        )
    _, height, width = packed.shape
    frames = np.empty((length, bits.frame_bytes(height, width)), np.uint8)
    for start in range(0, length, 256):
        part = packed[start // 8 : start // 8 + 32]
        unpacked = np.unpackbits(part, axis=0, bitorder="little")[: length - start]
        frames[start : start + len(unpacked)] = bits.pack(unpacked)
    return frames, (height, width)


def _from_packed(path: Path, arrays: Mapping[str, Any]) -> tuple[MappedFrames, tuple[int, int]]:
    height, width = (int(n) for n in arrays["shape"])
    return _mapped(path), (height, width)


def _mapped(path: Path) -> MappedFrames:
    """The array ``spikes`` of an uncompressed archive as a memory map."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("spikes.npy")
        with archive.open(member) as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            header = file.tell()
    if member.compress_type != zipfile.ZIP_STORED or dtype != np.uint8 or len(shape) != 2:
        raise FileError(f"{path} was not written by spikecam: its spikes are not plain bytes")
    with path.open("rb") as raw:
        # A member's data follows its local header of 30 bytes, its name and an extra field.
        raw.seek(member.header_offset + 26)
        name, extra = np.frombuffer(raw.read(4), "<u2").tolist()
    offset = member.header_offset + 30 + name + extra + header
    return MappedFrames(path, shape[0], shape[1], offset)


def write_npz(
    path: Path, stream: SpikeStream, layout: str = "packed", *, progress: Progress[Span] = iter
) -> None:
    """Write ``stream`` as ``.npz`` in one of `LAYOUTS`, a block at a time.

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
    if layout == "packed":
        small["shape"] = (height, width)
        name, shape = "spikes", (frames, bits.frame_bytes(height, width))
        parts = packed_blocks(stream, progress)
    elif layout == "uhsr":
        name, shape = "spk", stream.shape
        parts = (stream.read(*span) for span in progress(stream.blocks(1 << 20)))
    elif layout == "rsir":
        small["length"] = frames
        name, shape = "seq", (-(-frames // 8), height, width)
        spans = [(a, min(a + 64, frames)) for a in range(0, frames, 64)]
        parts = (
            np.packbits(stream.read(*span), axis=0, bitorder="little") for span in progress(spans)
        )
    else:
        raise OptionError(f"no .npz layout {layout!r}; known layouts: {', '.join(LAYOUTS)}")
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

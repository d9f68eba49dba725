"""``.npz`` recordings: the UHSR and RSIR layouts of the field, and our own packed one.

- UHSR (U-CALTECH): ``spk``, 0/1 bytes (T, H, W), stored upright. Its picture is the crop
  [13:237, 13:237]; the reader gives the whole frame.
- RSIR: ``seq``, bytes (ceil(T / 8), H, W) packed along time, bit i of byte k is frame 8k + i;
  ``length``, the number of frames.
- packed (ours): ``spikes`` in the layout of `spikecam.bits`, not compressed, so that a reader
  maps it into memory; ``shape`` (H, W); ``rate`` and ``exposure`` where known.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError, OptionError
from spikecam.io.aside import aside
from spikecam.io.dat import MappedFrames, packed_blocks
from spikecam.stream import Progress, Span, SpikeStream

LAYOUTS = ("packed", "uhsr", "rsir")


def open_npz(path: Path) -> SpikeStream:
    """Open an ``.npz`` recording in any of the three layouts.

    Raises:
        FileError: not such a file, none of the keys, or values other than 0 and 1.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            keys = set(arrays.files)
            if "spk" in keys:
                return _from_uhsr(path, arrays)
            if {"seq", "length"} <= keys:
                return _from_rsir(path, arrays)
            if {"spikes", "shape"} <= keys:
                return _from_packed(path, arrays)
    except (ValueError, zipfile.BadZipFile, EOFError, OSError, AttributeError) as error:
        raise FileError(f"{path} is not a readable .npz file ({error}); get it again") from error
    raise FileError(
        f"{path} holds the keys {', '.join(sorted(keys)) or '(none)'}; a recording has spk (UHSR), "
        "seq and length (RSIR), or spikes and shape (written by spikecam)"
    )


def _from_uhsr(path: Path, arrays: Mapping[str, Any]) -> SpikeStream:
    try:
        return SpikeStream.from_array(arrays["spk"])
    except OptionError as error:
        raise FileError(f"{path}, key spk: {error}") from error


def _from_rsir(path: Path, arrays: Mapping[str, Any]) -> SpikeStream:
    packed, length = arrays["seq"], int(arrays["length"])
    if packed.dtype != np.uint8 or packed.ndim != 3 or not 0 < length <= 8 * len(packed):
        raise FileError(
            f"{path}: length {length} does not go with seq of {packed.dtype} {packed.shape}; "
            "expected bytes (ceil(length / 8), height, width)"
        )
    frames = np.empty((length, bits.frame_bytes(*packed.shape[1:])), np.uint8)
    for start in range(0, length, 256):
        part = packed[start // 8 : start // 8 + 32]
        unpacked = np.unpackbits(part, axis=0, bitorder="little")[: length - start]
        frames[start : start + len(unpacked)] = bits.pack(unpacked)
    return SpikeStream(frames, packed.shape[1:])


def _from_packed(path: Path, arrays: Mapping[str, Any]) -> SpikeStream:
    height, width = (int(n) for n in arrays["shape"])
    rate = float(arrays["rate"]) if "rate" in arrays else None
    start_stop = [int(n) for n in arrays["exposure"]] if "exposure" in arrays else None
    return SpikeStream(
        _mapped(path),
        (height, width),
        rate=rate,
        exposure=(start_stop[0], start_stop[1]) if start_stop else None,
    )


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
    """Write ``stream`` as ``.npz`` in one of `LAYOUTS`.

    Only ``packed`` keeps the rate and the exposure, and only it never holds all frames in memory.
    """
    with aside(path) as temporary:
        if layout == "packed":
            _write_packed(temporary, stream, progress)
        elif layout == "uhsr":
            np.savez_compressed(temporary, spk=np.asarray(stream))
        elif layout == "rsir":
            seq = np.packbits(np.asarray(stream), axis=0, bitorder="little")
            np.savez_compressed(temporary, seq=seq, length=len(stream))
        else:
            raise OptionError(f"no .npz layout {layout!r}; known layouts: {', '.join(LAYOUTS)}")


def _write_packed(path: Path, stream: SpikeStream, progress: Progress[Span]) -> None:
    small: dict[str, npt.ArrayLike] = {"shape": (stream.height, stream.width)}
    if stream.rate is not None:
        small["rate"] = stream.rate
    if stream.exposure is not None:
        small["exposure"] = stream.exposure
    np.savez(path, **small)  # type: ignore[arg-type]
    shape = (len(stream), bits.frame_bytes(stream.height, stream.width))
    with (
        zipfile.ZipFile(path, "a") as archive,
        archive.open("spikes.npy", "w", force_zip64=True) as file,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for packed in packed_blocks(stream, progress):
            file.write(packed.data)

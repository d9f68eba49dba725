"""Zarr (``.zarr``): compressed recordings in a folder, which many programs and clouds read.

A Zarr v3 group with the array ``spikes`` (T, frame_bytes) in the layout of `spikecam.bits`, its
dimensions called time and byte. A chunk is about 1 MB of whole frames, `MIN_CHUNK_FRAMES` at
least, and a file (a shard) holds `SHARD_BYTES` of chunks. Group and array have the attributes
``height``, ``width``, ``frame_layout``, and ``rate`` and ``exposure`` where they are known.

A chunk is transposed, so that the bytes of one pixel come one after another; its bits are shuffled,
so that eight frames of a pixel make a byte; and then it is compressed with zstd (Blosc). Without
the transposition such bits hardly shrink. Each chunk has a checksum, and one that is missing is an
error; Zarr alone would give zeros.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spikecam import bits
from spikecam.errors import FileError, SpikecamError
from spikecam.extras import require_packages
from spikecam.io.geometry import Geometry
from spikecam.io.recording_format import RecordingFormat
from spikecam.io.remote import MissingFileError
from spikecam.io.remote_address import RecordingPath, RemoteAddress
from spikecam.io.remote_sources import open_range_source
from spikecam.io.resumable_folder import resumable_folder
from spikecam.io.stored_frames import pack_without_padding
from spikecam.resources import usable_cores
from spikecam.stream import Progress, Span, SpikeStream

if TYPE_CHECKING:
    from zarr.abc.store import Store

    from spikecam.io.remote_store import RemoteStore

ARRAY = "spikes"
METADATA = "zarr.json"
CHUNK_BYTES = 1 << 20
# Fewer frames leave too few bits of a pixel side by side to be compressed.
MIN_CHUNK_FRAMES = 64
SHARD_BYTES = 32 << 20
_FRAME_LAYOUT = (
    "one bit a pixel, 1 = spike; least significant bit first; in a row from the left; bottom row "
    "first; each frame padded with zero bits to whole bytes"
)
# Version of what is written: what another one left unfinished is not continued.
_LAYOUT_VERSION = 1
# So often it is asked whether a recording that is far away is still the same, at least.
IDENTITY_SECONDS = 1.0
# Chunks that are held as frames for readers of a few frames at a time, and their most bytes.
_CACHED_CHUNKS, _CACHED_BYTES = 8, 64 << 20
# Frames of the source whose digest tells it from another one.
_DIGEST_FRAMES = 16


def open_zarr(
    path: RecordingPath, geometry: Geometry | None = None, truncate: bool = False
) -> SpikeStream:
    """Open a Zarr recording written by `write_zarr`. No spikes are read yet.

    Raises:
        FileError: it is damaged, not whole, or not such a recording.
    """
    _require_zarr()
    import zarr

    from spikecam.io.complete_store import complete_store

    name = str(path)
    try:
        store, identity = _open_store(path)
        opened = identity()
        group = zarr.open_group(complete_store(store), mode="r", zarr_format=3)
        attributes: dict[str, Any] = dict(group.attrs)
        if attributes.get("complete") is False:
            raise FileError(f"{name} is not whole: writing it was interrupted; write it again")
        array = group[ARRAY]
        exposure = attributes.get("exposure")
        return SpikeStream(
            _ZarrFrames(name, array, lambda: identity() == opened),
            (int(attributes["height"]), int(attributes["width"])),
            rate=attributes.get("rate"),
            exposure=None if exposure is None else (int(exposure[0]), int(exposure[1])),
        )
    except SpikecamError:
        raise
    except (OSError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise FileError(
            f"{name} is not a Zarr recording: expected a group (Zarr version 3) with the array "
            f"{ARRAY} and the attributes height and width; a store of pictures holds no spikes"
        ) from error


def _open_store(path: RecordingPath) -> tuple[Store, Callable[[], object]]:
    """Store of a recording, and what gives a value that differs once another takes its place."""
    from zarr.storage import LocalStore

    if isinstance(path, RemoteAddress):
        from spikecam.io.remote_store import RemoteStore

        remote_store = RemoteStore(path)
        metadata = path.with_added_path(f"/{METADATA}")
        return remote_store, _RemoteIdentity(remote_store, metadata)

    def identity() -> tuple[int, int, int]:
        status = os.stat(path / METADATA)
        return status.st_dev, status.st_ino, status.st_mtime_ns

    return LocalStore(path, read_only=True), identity


class _RemoteIdentity:
    """Identity of a recording that is far away: that of its metadata.

    Requests for a file that is open are answered by that file alone, so that another recording can
    take the place of this one only between two files. The metadata are asked for again after a file
    was opened, and when `IDENTITY_SECONDS` have passed.
    """

    def __init__(self, store: RemoteStore, metadata: RemoteAddress) -> None:
        self._store, self._metadata = store, metadata
        self._opened_count, self._time = -1, 0.0
        self._identity: object = None

    def __call__(self) -> object:
        opened_count, now = self._store.opened_count, time.monotonic()
        if opened_count != self._opened_count or now - self._time > IDENTITY_SECONDS:
            self._identity = open_range_source(self._metadata).identity
            self._opened_count, self._time = opened_count, now
        return self._identity


class _ZarrFrames:
    """Packed frames in a Zarr array, read slice by slice.

    Args:
        name: what messages call it.
        array: the array of the frames.
        is_unchanged: says whether the recording is still the one that was opened.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, name: str, array: Any, is_unchanged: Callable[[], bool]) -> None:
        if array.dtype != self.dtype or array.ndim != 2:
            raise ValueError("not an array of packed frames")
        self.name = name
        self.shape = (int(array.shape[0]), int(array.shape[1]))
        self._array = array
        self._is_unchanged = is_unchanged
        chunk_bytes = int(array.chunks[0]) * self.shape[1]
        self._cached_chunks = min(_CACHED_CHUNKS, _CACHED_BYTES // max(1, chunk_bytes))
        self._read_chunk = lru_cache(self._cached_chunks)(self._read)

    def __getitem__(self, index: slice) -> npt.NDArray[np.uint8]:
        start, stop, _ = index.indices(self.shape[0])
        if stop <= start:
            return np.empty((0, self.shape[1]), np.uint8)
        step = int(self._array.chunks[0])
        first, last = start // step, (stop - 1) // step
        if last - first >= self._cached_chunks // 2:
            return self._read(start, stop)
        # Methods take a few frames at a time, and a chunk is decompressed as a whole.
        parts = []
        for chunk in range(first, last + 1):
            frames = self._read_chunk(chunk * step, min((chunk + 1) * step, self.shape[0]))
            parts.append(frames[max(0, start - chunk * step) : stop - chunk * step])
        return np.concatenate(parts)

    def _read(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        try:
            frames = np.asarray(self._array[start:stop])
            if self._is_unchanged():
                return frames
        except SpikecamError:
            raise
        except Exception as error:  # whatever codecs raise on damaged bytes
            if self._is_there_and_unchanged():
                raise FileError(
                    f"{self.name} is damaged, or was copied in part: frames {start}:{stop} cannot "
                    "be read; get it again"
                ) from error
        raise FileError(
            f"{self.name} changed while it was being read: frames {start}:{stop} are gone; "
            "open it again"
        )

    def _is_there_and_unchanged(self) -> bool:
        try:
            return self._is_unchanged()
        except (OSError, MissingFileError):
            return False


def write_zarr(
    path: Path,
    stream: SpikeStream,
    *,
    layout: str | None = None,
    progress: Progress[Span] = iter,
) -> None:
    """Write ``stream`` as Zarr, one file (shard) a thread at a time.

    It is written to the folder ``NAME.part``, which is renamed when it is whole. Where one is left
    of an interrupted run with the same recording, writing goes on after its whole files; of
    another recording it begins anew.

    Raises:
        OutputError: it cannot be written, or another program writes it.
    """
    _require_zarr()
    with resumable_folder(path, is_replaceable=FORMAT.is_replaceable) as folder:
        source = folder / "source.json"
        array, group = _continued_or_new_array(folder, source, stream)
        step = array.shards[0]
        spans = [(a, min(a + step, len(stream))) for a in range(0, len(stream), step)]
        with ThreadPoolExecutor(max_workers=usable_cores()) as threads:
            running: deque[Future[None]] = deque()
            try:
                for span in progress(spans):
                    if len(running) >= usable_cores():
                        running.popleft().result()
                    if not (folder / ARRAY / "c" / str(span[0] // step) / "0").exists():
                        # Here, in order: some sources compare checksums by it.
                        frames = pack_without_padding(stream, *span)
                        running.append(threads.submit(_write_shard, array, span, frames))
                for future in running:
                    future.result()
            finally:
                for future in running:
                    future.cancel()
        group.attrs["complete"] = True
        source.unlink()


def _write_shard(array: Any, span: Span, frames: bits.Bytes) -> None:
    array[slice(*span)] = frames


def _continued_or_new_array(folder: Path, source: Path, stream: SpikeStream) -> tuple[Any, Any]:
    """Array and group to write to: those of an interrupted run, or new ones.

    zarr renames a file of the array when it is whole, from 3.1.3 on, so those that are there are.
    """
    import zarr

    store = zarr.storage.LocalStore(folder)
    identity = json.dumps(_source_identity(stream))
    config = {"write_empty_chunks": True}
    if source.exists() and source.read_text(encoding="utf-8") == identity:
        for leftover in (folder / ARRAY).rglob("*.partial"):
            leftover.unlink()
        group = zarr.open_group(store, mode="r+", zarr_format=3)
        return zarr.open_array(store, path=ARRAY, mode="r+", config=config), group
    for name in FORMAT.folder_entries:
        entry = folder / name
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink(missing_ok=True)
    source.unlink(missing_ok=True)
    attributes: dict[str, Any] = {
        "height": stream.height,
        "width": stream.width,
        "frame_layout": _FRAME_LAYOUT,
    }
    if stream.rate is not None:
        attributes["rate"] = stream.rate
    if stream.exposure is not None:
        attributes["exposure"] = list(stream.exposure)
    group = zarr.create_group(store, zarr_format=3, attributes=attributes | {"complete": False})
    array = _create_array(group, len(stream), bits.frame_bytes(stream.height, stream.width))
    array.attrs.update(attributes)
    # Last: what it goes with is there.
    source.write_text(identity, encoding="utf-8")
    return array, group


def _create_array(group: Any, frame_count: int, frame_bytes: int) -> Any:
    from zarr.codecs import BloscCodec, Crc32cCodec, TransposeCodec

    chunk = min(frame_count, max(MIN_CHUNK_FRAMES, CHUNK_BYTES // frame_bytes))
    chunks_a_shard = min(-(-frame_count // chunk), max(1, SHARD_BYTES // (chunk * frame_bytes)))
    return group.create_array(
        ARRAY,
        shape=(frame_count, frame_bytes),
        dtype="uint8",
        chunks=(chunk, frame_bytes),
        shards=(chunk * chunks_a_shard, frame_bytes),
        filters=[TransposeCodec(order=(1, 0))],
        compressors=[
            BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=1),
            Crc32cCodec(),
        ],
        dimension_names=("time", "byte"),
        config={"write_empty_chunks": True},
    )


def _source_identity(stream: SpikeStream) -> dict[str, Any]:
    """Values that tell a recording from another: its facts, and a digest of some frames."""
    digest = hashlib.sha256()
    for frame in np.linspace(0, len(stream) - 1, _DIGEST_FRAMES).astype(int).tolist():
        digest.update(pack_without_padding(stream, frame, frame + 1).data)
    return {
        "layout": _LAYOUT_VERSION,
        "shape": list(stream.shape),
        "rate": stream.rate,
        "exposure": None if stream.exposure is None else list(stream.exposure),
        "digest": digest.hexdigest(),
    }


def _require_zarr() -> None:
    require_packages("zarr", extra="zarr", purpose="Zarr recordings")


FORMAT = RecordingFormat(
    name="Zarr",
    suffixes=(".zarr",),
    read=open_zarr,
    write=write_zarr,
    folder_entries=(METADATA, ARRAY),
    reads_addresses=True,
)

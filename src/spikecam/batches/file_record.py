"""Records of files in a manifest: length, time of the last change, and digest.

A worker computes the digest of a file once, however many jobs read it. Files above `DIGEST_BYTES`
have none: a job that reads a span of a long recording shall not read all of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from spikecam.batches.job import BatchJob
from spikecam.io.digest import file_digest
from spikecam.io.geometry import sidecar_path

FileRecord = dict[str, Any]

# Longer files have no digest.
DIGEST_BYTES = 4 << 30


def input_paths(job: BatchJob) -> list[Path]:
    """Files and folders that a job reads: its input, arguments, and those among its options.

    A value of an option is a path where it has a separator or an ending, or is a path object: a
    folder that happens to be called ``tfi`` is no input of ``--method tfi``.

    The sidecar file of a recording is one of them, since it says the geometry. Addresses that are
    far away are not, since what is read there twice may cost.
    """
    words: list[Any] = [job.input, *job.arguments]
    for value in job.options.values():
        values = value if isinstance(value, (list, tuple)) else (value,)
        words += [one for one in values if _looks_like_path(one)]
    texts = [os.fspath(word) for word in words if isinstance(word, (str, os.PathLike))]
    paths = [Path(text) for text in texts if "://" not in text]
    paths += [sidecar_path(path) for path in paths if path.name]
    return [path for path in dict.fromkeys(paths) if _exists(path)]


def record_files(job: BatchJob) -> dict[str, FileRecord]:
    """Records of all files that a job reads, by their paths.

    Raises:
        FileError: one cannot be read.
    """
    return {str(path): record_file(path) for path in input_paths(job)}


def stamp_files(job: BatchJob) -> dict[str, FileRecord]:
    """Records without digests of all files that a job reads: none of them is opened."""
    return {str(path): _stamp(path) for path in input_paths(job)}


def record_file(path: Path) -> FileRecord:
    """Record of a file, or of the files in a folder together.

    Raises:
        FileError: it cannot be read.
    """
    stamp = _stamp(path)
    return {**stamp, "sha256": _digest_or_none(path.absolute(), *stamp.values())}


def files_are_as_recorded(job: BatchJob, records: Mapping[str, FileRecord]) -> bool:
    """Whether the files that a job reads are those of the records.

    A file of the same length and time is taken to be the same; of others the digest counts, and
    one that has none is another.
    """
    paths = input_paths(job)
    return {str(path) for path in paths} == records.keys() and all(
        _is_as_recorded(path, records[str(path)]) for path in paths
    )


def _is_as_recorded(path: Path, record: FileRecord) -> bool:
    stamp = _stamp(path)
    if all(record.get(name) == value for name, value in stamp.items()):
        return True
    if record.get("bytes") != stamp["bytes"] or record.get("sha256") is None:
        return False
    return bool(record["sha256"] == _digest_or_none(path.absolute(), *stamp.values()))


@lru_cache(maxsize=256)
def _digest_or_none(path: Path, byte_count: int, modified_ns: int) -> str | None:
    """Digest of a file with this stamp, or of the files in a folder; None of long ones."""
    return file_digest(*_files(path)) if byte_count <= DIGEST_BYTES else None


def _stamp(path: Path) -> FileRecord:
    stats = [file.stat() for file in _files(path)]
    return {
        "bytes": sum(one.st_size for one in stats),
        "modified_ns": max((one.st_mtime_ns for one in stats), default=0),
    }


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file())


def _looks_like_path(value: Any) -> bool:
    if isinstance(value, str):
        return bool(Path(value).suffix) or any(one in value for one in (os.sep, "/"))
    return isinstance(value, os.PathLike)


def _exists(path: Path) -> bool:
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):  # a text of an option that is no name of a file
        return False

"""Manifest of a batch: JSON Lines, one appended when a job starts and one when it ends."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from spikecam.batches.file_record import files_are_as_recorded, stamp_files
from spikecam.batches.job import BatchJob, normalized_path
from spikecam.batches.version import own_version
from spikecam.errors import FileError, OutputError, SpikecamError
from spikecam.io.atomic import check_writable_file, os_errors_as_output_errors

with contextlib.suppress(ImportError):  # Windows has none
    import fcntl

Record = Mapping[str, Any]
MANIFEST_NAME = "batch.jsonl"


class Manifest:
    """What was done, kept in a file that a crash cannot damage.

    Every line is one record. A last line that is torn, as a crash leaves it, is dropped when the
    manifest is opened. Records are those of `spikecam.batches.worker.run_job`, and
    ``{"state": "started"}`` with the job, its inputs, and whether its output existed.

    Args:
        path: the file; made with its folder when the first record is written.

    Raises:
        FileError: the file is no manifest, or damaged.
        OutputError: it cannot be written, or another batch has it open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_writable_file(path)
        # The last record of each output, without what is not asked for again.
        self._last: dict[str, Record] = {}
        self._file: Any = None
        if path.exists():
            self._open()

    def __enter__(self) -> Manifest:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            # Closing writes again what a full disk did not take.
            with os_errors_as_output_errors(self.path):
                self._file.close()

    def is_done(self, job: BatchJob) -> bool:
        """Whether the job was done with the same inputs, options and version.

        Its output must still be there. A folder counts as done where the job had started and the
        folder did not exist before: folders appear when they are whole.
        """
        last = self._last.get(normalized_path(job.output))
        if last is None or last["settings"] != _settings_text(job):
            return False
        if not os.path.exists(job.output):
            return False
        if last["state"] == "started":
            is_output = not last["existed"] and os.path.isdir(job.output)
        else:
            is_output = last["state"] == "done"
        return is_output and files_are_as_recorded(job, last["inputs"])

    def add_start(self, job: BatchJob) -> None:
        """Write that a job starts, with lengths and times of its inputs."""
        existed = os.path.exists(job.output)
        start = {"state": "started", "job": job.settings(), "existed": existed}
        self.add({**start, "inputs": stamp_files(job)})

    def add(self, record: Record) -> None:
        """Append a record; that of a job which has ended is on the disk when this returns.

        Raises:
            OutputError: it cannot be written.
        """
        with os_errors_as_output_errors(self.path):
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._open()
            record = {**record, "spikecam": own_version()}
            self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            if record["state"] != "started":
                os.fsync(self._file.fileno())

    def _open(self) -> None:
        with os_errors_as_output_errors(self.path):
            self._file = self.path.open("a+b")
        try:
            self._lock()
            self._read()
        except SpikecamError:
            self._file.close()
            raise

    def _read(self) -> None:
        self._file.seek(0)
        end = 0
        for number, line in enumerate(self._file, start=1):
            if not line.endswith(b"\n"):
                self._file.truncate(end)
                break
            end += len(line)
            self._remember(line, number)

    def _lock(self) -> None:
        if "fcntl" not in globals():
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"{self.path} is in use by another batch; wait for its end, or name another "
                "manifest"
            ) from None
        except OSError:
            return  # some network folders have no locks

    def _remember(self, line: bytes, number: int) -> None:
        try:
            record = json.loads(line)
            job = record["job"]
            self._last[normalized_path(job["output"])] = {
                "state": record["state"],
                "settings": _job_text(job, record["spikecam"]),
                "existed": record.get("existed", True),
                "inputs": record.get("inputs", {}),
            }
        except (ValueError, KeyError, TypeError) as error:
            raise FileError(
                f"{self.path}, line {number}: no line of a manifest; name another manifest"
            ) from error


def _settings_text(job: BatchJob) -> str:
    return _job_text(job.settings(), own_version())


def _job_text(settings: Mapping[str, Any], version: str) -> str:
    return json.dumps([settings, version], sort_keys=True)

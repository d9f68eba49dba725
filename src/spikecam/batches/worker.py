"""What runs in a worker: one job by the command line's own entry, and the record of it."""

from __future__ import annotations

import os
import platform
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from spikecam.batches.file_record import record_file, record_files
from spikecam.batches.job import BatchJob
from spikecam.batches.version import own_version
from spikecam.errors import OptionError, SpikecamError

# Runs the words of a command, and gives its exit code, error and notes. Named and not imported,
# as an entry point is: the command line is below this room.
COMMAND_LINE = "spikecam.cli.batch_job:run_words"
# A command changes what belongs to the whole process, such as where its output goes.
_process_lock = threading.Lock()


def run_job(job: BatchJob, folder: str, version: str) -> dict[str, Any]:
    """Run a job, and return its record for the manifest.

    Args:
        job: the job.
        folder: the current folder of the batch, from which names of files count.
        version: of spikecam, that of the batch.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    record: dict[str, Any] = {"state": "failed", "job": job.settings(), "error": "", "notes": []}
    with _process_lock:
        try:
            check_version(version)
            _enter(folder)
            record["inputs"] = record_files(job)
            error, notes = _command_line()(job.words())
            record |= {"error": error, "notes": notes}
            if not error and not os.path.exists(job.output):
                record["error"] = f"{job.command} wrote nothing under the name {job.output}"
            if not record["error"]:
                record |= {"state": "done", "output": record_file(Path(job.output))}
        except SpikecamError as error:
            record["error"] = str(error)
    record["host"] = socket.gethostname()
    record["started"] = started.isoformat(timespec="milliseconds")
    record["seconds"] = round(time.perf_counter() - clock, 4)
    record["python"] = platform.python_version()
    return record


def check_version(version: str) -> None:
    """Refuse to work for a batch of another version.

    Raises:
        SpikecamError: it is another one than that of this worker.
    """
    if version != own_version():
        raise SpikecamError(
            f"{socket.gethostname()} has spikecam {own_version()}, and the batch {version}; "
            "install one version on all machines"
        )


def _enter(folder: str) -> None:
    if os.path.abspath(os.curdir) == folder:
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise OptionError(
            f"{socket.gethostname()} has no folder {folder}; all workers need the files of the "
            "batch under the same names"
        ) from error


def _command_line() -> Callable[[list[str]], tuple[str, list[str]]]:
    module, _, name = COMMAND_LINE.partition(":")
    function: Callable[[list[str]], tuple[str, list[str]]] = getattr(import_module(module), name)
    return function

"""Batches: jobs on an executor, a bounded number at a time, with a manifest of what was done."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecam.batches.dask_workers import DaskWorkers
from spikecam.batches.job import BatchJob, BatchResult, check_outputs_differ
from spikecam.batches.local_workers import LocalWorkers, WorkerDeathError
from spikecam.batches.manifest import Manifest
from spikecam.batches.version import own_version
from spikecam.batches.worker import run_job
from spikecam.errors import OptionError, ResourceError, SpikecamError
from spikecam.io.paths import PathLike
from spikecam.resources import usable_cores

if TYPE_CHECKING:
    from distributed import Client

# Jobs that an executor of any other kind holds at a time.
_OTHER_CAPACITY = 64
# Between two checks of the connection to a scheduler.
_WAIT_SECONDS = 1.0
# Where so many jobs all fail in the same words at the start, the others would, too.
SAME_FAILURES = 5
KILLED_MESSAGE = (
    "the worker was killed while it ran this job, perhaps for memory; choose fewer workers, fewer "
    "frames or a smaller size"
)


def batch(
    jobs: Iterable[BatchJob],
    executor: Executor | DaskWorkers | Client | None = None,
    manifest: PathLike | None = None,
    *,
    workers: int | None = None,
) -> Iterator[BatchResult]:
    """Run commands over many inputs, and yield how each ended, as they end.

    A job is a command of the command line, run in a worker process, which is started once. A job
    that fails does not end the others. Jobs are taken from the iterable as workers become free, so
    that any number of them needs constant memory.

    With a manifest a batch goes on where it stopped: a job that was done with the same inputs,
    options and version is skipped where its output is still there. One that failed is tried again.

    Args:
        jobs: any number; where they are a list or tuple, outputs that collide are refused first.
        executor: a `concurrent.futures.Executor`, or a client of a Dask cluster whose workers have
            spikecam and see the same files; by default processes of this machine.
        manifest: a file of JSON Lines, to which a record of every job is appended.
        workers: number of processes where there is no executor; by default one for each core.

    Yields:
        A `BatchResult` for each job, in the order in which they end.

    Raises:
        OptionError: outputs that collide, or both an executor and a number of workers; or the
            first 5 jobs all failed in the same words.
        FileError, OutputError: a manifest that cannot be read or written, or is in use.
        ResourceError: processes that do not start, an executor that is broken, or a cluster without
            workers or gone.
        SpikecamError: a worker without spikecam, or with another version.

    In a script it is called below ``if __name__ == "__main__":``, since workers load the script.

        jobs = [sc.BatchJob("reconstruct", path, path.with_suffix(".png"), {"method": "tfi"})
                for path in Path("data").rglob("*.dat")]
        for result in sc.batch(jobs, manifest="batch.jsonl"):
            print(result.job.output, result.state, result.error)
    """
    if isinstance(jobs, Sequence):
        check_outputs_differ(jobs)
    if executor is not None and workers is not None:
        raise OptionError("the executor has workers of its own; leave the number of workers out")
    return _run(jobs, executor, manifest, workers)


def _run(
    jobs: Iterable[BatchJob],
    executor: Executor | DaskWorkers | Client | None,
    manifest: PathLike | None,
    workers: int | None,
) -> Iterator[BatchResult]:
    with nullcontext() if manifest is None else Manifest(Path(manifest)) as records:
        pool = make_workers(executor, workers)
        ended = False
        try:
            # Closed at once where it stops, so that what waits is cancelled.
            with closing(_run_jobs(jobs, pool, records)) as results:
                yield from _stopping_at_equal_failures(results)
            ended = True
        finally:
            if pool is not executor and isinstance(pool, LocalWorkers):
                pool.shutdown() if ended else pool.stop()


def make_workers(
    executor: Executor | DaskWorkers | Client | None, workers: int | None = None
) -> Executor | DaskWorkers:
    """Make what runs the jobs of a batch: arguments and errors are those of `batch`."""
    if executor is None:
        return LocalWorkers(usable_cores() if workers is None else workers)
    if isinstance(executor, (Executor, DaskWorkers)):
        return executor
    if hasattr(executor, "get_executor"):
        return DaskWorkers(executor)
    raise OptionError(
        "a batch runs on a concurrent.futures.Executor or a client of Dask, not on "
        f"{type(executor).__name__}"
    )


def _run_jobs(
    jobs: Iterable[BatchJob], pool: Executor | DaskWorkers, manifest: Manifest | None
) -> Generator[BatchResult, None, None]:
    waiting: dict[Future[Any], BatchJob] = {}

    def collect() -> Iterator[BatchResult]:
        done, _ = wait(waiting, _WAIT_SECONDS, FIRST_COMPLETED)
        if not done and isinstance(pool, DaskWorkers):
            pool.check_connection()
        # All that ended are recorded before anything stops the batch.
        results, errors = [], []
        for future in [one for one in waiting if one in done]:
            job = waiting.pop(future)
            try:
                record = _record_of(future, job)
            except SpikecamError as error:
                errors.append(error)
                continue
            if manifest is not None:
                manifest.add(record)
            results.append(_result(job, record))
        yield from results
        if errors:
            raise errors[0]

    folder = os.path.abspath(os.curdir)
    try:
        for job in jobs:
            if manifest is not None and manifest.is_done(job):
                yield BatchResult(job, "skipped")
                continue
            while len(waiting) >= getattr(pool, "capacity", _OTHER_CAPACITY):
                yield from collect()
            if manifest is not None:
                manifest.add_start(job)
            try:
                waiting[pool.submit(run_job, job, folder, own_version())] = job
            except BrokenExecutor as error:
                raise ResourceError(
                    "the executor takes no more jobs: one of its processes was killed, perhaps for "
                    "memory; leave the executor out, so that such a process is started again"
                ) from error
        while waiting:
            yield from collect()
    finally:
        for future in waiting:
            future.cancel()


def _record_of(future: Future[Any], job: BatchJob) -> dict[str, Any]:
    """The record of a job that has ended.

    Raises:
        SpikecamError: it says that the batch cannot go on.
    """
    try:
        record: dict[str, Any] = future.result()
        return record
    except SpikecamError:
        raise
    except CancelledError as error:
        raise ResourceError(
            "the connection to the Dask scheduler was lost; start it again and repeat the batch: "
            "it goes on with the jobs that are missing"
        ) from error
    except Exception as error:
        killed = isinstance(error, WorkerDeathError) or type(error).__name__ == "KilledWorker"
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        text = KILLED_MESSAGE if killed else f"the job could not be run: {reason}"
        return {"state": "failed", "job": job.settings(), "error": text}


def _result(job: BatchJob, record: dict[str, Any]) -> BatchResult:
    return BatchResult(
        job,
        record["state"],
        record["error"],
        record.get("seconds", 0.0),
        record.get("host", ""),
        tuple(record.get("notes", ())),
    )


def _stopping_at_equal_failures(results: Iterator[BatchResult]) -> Iterator[BatchResult]:
    """Yield the results, and stop where the first ones are failures in the same words.

    Raises:
        OptionError: they are.
    """
    errors: list[str] = []
    for result in results:
        yield result
        if len(errors) < SAME_FAILURES:
            errors.append(result.error)
            if len(errors) == SAME_FAILURES and len({*errors}) == 1 and errors[0]:
                raise OptionError(f"the first {SAME_FAILURES} jobs all failed: {errors[0]}")

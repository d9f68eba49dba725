"""Processes of this machine as workers of a batch."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, TypeVar

from spikecam.errors import OptionError, ResourceError
from spikecam.resources import limit_cores, usable_cores

Result = TypeVar("Result")

# A worker has so many seconds to end, before another signal.
STOP_SECONDS = 5.0
# A job that a worker dies of so many times has failed.
MAX_DEATHS = 2


class WorkerDeathError(Exception):
    """The worker died while it ran the job, each time that it was tried."""


class LocalWorkers(Executor):
    """An executor of processes, of which each runs a job at a time with its share of the cores.

    Every worker is a pool of one process, so that a process that is killed takes no job but its
    own with it: that job is tried again by a new process, and fails with `WorkerDeathError` when
    that is killed, too.

    Args:
        count: how many workers.

    Raises:
        OptionError: fewer than 1.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise OptionError(f"workers are at least 1, not {count}")
        self.count = count
        self._cores = max(1, usable_cores() // count)
        # A thread waits for each process.
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="spikecam-batch")
        self._thread_state = threading.local()
        self._pools: dict[int, ProcessPoolExecutor] = {}
        self._stopping = threading.Event()
        self._shutdown_lock = threading.Lock()

    @property
    def capacity(self) -> int:
        """Number of jobs to hold at a time: one that runs and one that waits for each worker."""
        return 2 * self.count

    @property
    def process_ids(self) -> list[int]:
        """Numbers of the processes that were started and did not die."""
        return list(self._pools)

    def submit(
        self, function: Callable[..., Result], /, *args: Any, **kwargs: Any
    ) -> Future[Result]:
        """Run a function in a worker."""
        return self._threads.submit(self._run, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers when their jobs have ended."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for pool in list(self._pools.values()):
            self._shut_down(pool, wait)

    def stop(self) -> None:
        """End the workers now; jobs that run leave no output half-written."""
        self._stopping.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._signal(signal.SIGTERM)
        kill = threading.Timer(
            STOP_SECONDS, self._signal, [getattr(signal, "SIGKILL", signal.SIGTERM)]
        )
        kill.start()
        try:
            self.shutdown()
        finally:
            kill.cancel()

    def _run(
        self,
        function: Callable[..., Result],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Result:
        for _ in range(MAX_DEATHS):
            process, pool = self._own_pool()
            # It may have been started while `stop` ended those that were there.
            if self._stopping.is_set():
                break
            try:
                return pool.submit(function, *args, **kwargs).result()
            except BrokenProcessPool:
                del self._pools[process], self._thread_state.pool
                self._shut_down(pool)
                if self._stopping.is_set():
                    break
        raise WorkerDeathError

    def _own_pool(self) -> tuple[int, ProcessPoolExecutor]:
        """The pool of this thread, and the number of its process."""
        if not hasattr(self._thread_state, "pool"):
            # Not forked: this process has threads.
            context = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(1, context, _prepare_process, (self._cores,))
            try:
                process = pool.submit(os.getpid).result()
            except BrokenProcessPool:
                pool.shutdown()
                raise ResourceError(
                    "a worker process does not start; in a script, run the batch below "
                    'if __name__ == "__main__":, and choose fewer workers where memory is short'
                ) from None
            self._thread_state.pool = process, pool
            self._pools[process] = pool
        state: tuple[int, ProcessPoolExecutor] = self._thread_state.pool
        return state

    def _shut_down(self, pool: ProcessPoolExecutor, wait: bool = True) -> None:
        """End a pool; two threads that end one at a time would close its pipes twice."""
        with self._shutdown_lock:
            pool.shutdown(wait)

    def _signal(self, number: signal.Signals) -> None:
        for process in self.process_ids:
            with suppress(ProcessLookupError):
                os.kill(process, number)


def _prepare_process(cores: int) -> None:
    # A terminal interrupts all processes at once; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_cores(cores)


def _end_with_parent() -> None:
    """End this process after the one that started it, which may have been killed.

    It would wait for jobs forever: it holds both ends of the pipe that they come through.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    while True:
        # A job that runs ends first; another signal ends one that does not.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)

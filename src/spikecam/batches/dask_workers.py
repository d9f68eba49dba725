"""Workers of a Dask cluster for a batch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from spikecam.batches.version import own_version
from spikecam.errors import OptionError, ResourceError, SpikecamError
from spikecam.extras import require_packages
from spikecam.user_warnings import warn_user

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")

CONNECT_SECONDS = 5.0
# Jobs to hold at a time for each worker, of which one runs.
_JOBS_PER_WORKER = 2
# Workers may come and go; they are counted again after so many seconds.
_COUNT_SECONDS = 5.0
_CLOSE_SECONDS = 2.0
# Workers may wait in a queue of the cluster; the user is told where there are none for so long.
_NO_WORKERS_SECONDS = 30.0


def connect_to_scheduler(address: str, timeout: float = CONNECT_SECONDS) -> Client:
    """Connect to a Dask scheduler.

    Args:
        address: such as ``tcp://10.0.0.1:8786``.
        timeout: seconds to wait for it.

    Raises:
        OptionError: no address of a scheduler.
        ResourceError: no scheduler answers there.
        SpikecamError: the package distributed is not installed.
    """
    require_packages("distributed", extra="cluster", purpose="batches on a Dask cluster")
    import logging

    from distributed import Client

    # What it would print of lost connections is said in one sentence.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=timeout, set_as_default=False)
    except ValueError as error:
        raise OptionError(
            f"{address} is no address of a scheduler; expected one such as tcp://10.0.0.1:8786"
        ) from error
    except OSError as error:
        raise ResourceError(
            f"no Dask scheduler answers at {address}; start one there with dask scheduler, or "
            "leave --scheduler out to work on this machine"
        ) from error


@contextmanager
def cluster_workers(address: str, timeout: float = CONNECT_SECONDS) -> Iterator[DaskWorkers]:
    """Context with the workers of a cluster; arguments and errors as `connect_to_scheduler`."""
    client = connect_to_scheduler(address, timeout)
    try:
        yield DaskWorkers(client, timeout)
    finally:
        client.close(timeout=_CLOSE_SECONDS)


class DaskWorkers:
    """The workers of a Dask cluster, as an executor.

    A job is run again by Dask where its worker died, and fails where as many died of it as the
    cluster allows (``distributed.scheduler.allowed-failures``).

    Args:
        client: connected to the cluster.
        timeout: seconds to wait for a first worker.

    Raises:
        ResourceError: there is no worker.
        SpikecamError: a worker has no spikecam, or another version.
    """

    def __init__(self, client: Client, timeout: float = CONNECT_SECONDS) -> None:
        self.client = client
        self._executor = client.get_executor(pure=False)
        self._count_time = -_COUNT_SECONDS
        self._count = 0
        # Since when there have been no workers, if there are none.
        self._no_workers_since: float | None = None
        self._has_warned = False
        try:
            client.wait_for_workers(1, timeout)
        except TimeoutError as error:
            raise ResourceError(
                f"the scheduler at {self.address} has no workers; start some with dask worker "
                f"{self.address}"
            ) from error
        _check_versions(client)

    @property
    def address(self) -> str:
        """Address of the scheduler."""
        scheduler = self.client.scheduler
        return str(scheduler.address) if scheduler is not None else "its address"

    @property
    def worker_count(self) -> int:
        """Number of workers that are there now."""
        return len(self.client.nthreads())

    @property
    def dashboard(self) -> str:
        """Address of the page on which Dask shows its work."""
        return str(self.client.dashboard_link)

    @property
    def capacity(self) -> int:
        """Number of jobs to hold at a time: two for each worker that is there now."""
        self._count_workers()
        return max(1, _JOBS_PER_WORKER * self._count)

    @property
    def is_connected(self) -> bool:
        """Whether the scheduler answers."""
        return bool(self.client.status == "running")

    def submit(
        self, function: Callable[..., Result], /, *args: Any, **kwargs: Any
    ) -> Future[Result]:
        """Run a function in a worker."""
        self.check_connection()
        future: Future[Result] = self._executor.submit(function, *args, **kwargs)
        return future

    def check_connection(self) -> None:
        """Refuse to go on without the scheduler, and warn once where its workers stay away.

        Raises:
            ResourceError: it does not answer.
        """
        if not self.is_connected:
            raise self._connection_error()
        self._count_workers()
        if self._no_workers_since is None or self._has_warned:
            return
        if time.monotonic() - self._no_workers_since > _NO_WORKERS_SECONDS:
            self._has_warned = True
            warn_user(
                f"the scheduler at {self.address} has had no workers for {_NO_WORKERS_SECONDS:g} "
                f"s; the batch waits until one starts (dask worker {self.address})"
            )

    def _count_workers(self) -> None:
        """Count the workers, some seconds after they were counted before."""
        now = time.monotonic()
        if now - self._count_time <= _COUNT_SECONDS or not self.is_connected:
            return
        try:
            self._count = self.worker_count
        except OSError as error:
            raise self._connection_error() from error
        self._count_time = now
        if self._count:
            self._no_workers_since, self._has_warned = None, False
        elif self._no_workers_since is None:
            self._no_workers_since = now

    def _connection_error(self) -> ResourceError:
        return ResourceError(
            f"the Dask scheduler at {self.address} is gone; start it again and repeat the "
            "batch: it goes on with the jobs that are missing"
        )


def _check_versions(client: Client) -> None:
    def version() -> str:
        # Sent to the worker as code: a module of spikecam may not be there.
        from importlib import import_module, metadata

        import_module("spikecam")
        try:
            return metadata.version("spikecam")
        except metadata.PackageNotFoundError:
            return "source"  # as `own_version`

    answers = client.run(version, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, ImportError):
            raise SpikecamError(
                f"worker {worker} has no spikecam; install spikecam {own_version()} with "
                "the Python of the workers"
            )
        if isinstance(answer, Exception):
            raise SpikecamError(f"worker {worker} does not answer: {answer}") from answer
    others = {worker: answer for worker, answer in answers.items() if answer != own_version()}
    if others:
        worker, answer = next(iter(others.items()))
        raise SpikecamError(
            f"worker {worker} has spikecam {answer}, and this machine {own_version()}; install "
            f"one version on all machines ({_summary(answers)})"
        )


def _summary(answers: dict[str, str]) -> str:
    counts = Counter(answers.values())
    return ", ".join(f"{count} with {answer}" for answer, count in sorted(counts.items()))

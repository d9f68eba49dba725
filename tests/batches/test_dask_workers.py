import socket
import subprocess
import sys
import threading
import time
from importlib import metadata
from types import SimpleNamespace

import pytest

import spikecam as sc
from spikecam.batches import dask_workers
from spikecam.batches.batch import KILLED_MESSAGE, batch
from spikecam.batches.dask_workers import DaskWorkers, cluster_workers, connect_to_scheduler
from spikecam.batches.version import own_version

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster():
    """A scheduler and a worker in this process, on loopback."""
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp"}
    with distributed.LocalCluster(**options, dashboard_address=None, silence_logs=50) as cluster:
        yield cluster


def test_jobs_run_on_a_cluster(cluster, jobs):
    with cluster_workers(cluster.scheduler_address) as workers:
        assert (workers.worker_count, workers.capacity) == (1, 2)
        assert [one.state for one in batch(jobs, workers, "m.jsonl")] == ["done"] * 4
        assert sc.read_picture("out/3.png").shape == (6, 9)
        # A client is as good.
        assert [one.state for one in batch(jobs, workers.client, "m.jsonl")] == ["skipped"] * 4

        def die():
            raise distributed.KilledWorker("job", SimpleNamespace(address="tcp://a:1"), 3)

        killing = workers.submit
        workers.submit = lambda *words: killing(die)
        assert {one.error for one in batch(jobs, workers)} == {KILLED_MESSAGE}


CLUSTER = """
import distributed, time
options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp"}
cluster = distributed.LocalCluster(**options, dashboard_address=None, silence_logs=50)
print(cluster.scheduler_address, flush=True)
time.sleep(60)
"""


def test_a_scheduler_that_dies_is_said_in_a_sentence(jobs):
    with subprocess.Popen([sys.executable, "-c", CLUSTER], stdout=subprocess.PIPE) as process:
        try:
            address = process.stdout.readline().decode().strip()
            with cluster_workers(address) as workers:
                submit = workers.submit
                workers.submit = lambda *words: submit(time.sleep, 30)
                killing = threading.Timer(0.5, process.kill)
                killing.start()
                with pytest.raises(sc.ResourceError, match="start it again and repeat the batch"):
                    list(batch(jobs, workers, "m.jsonl"))
        finally:
            process.kill()


def test_a_scheduler_that_is_not_there_is_refused():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(sc.ResourceError, match=f"no Dask scheduler answers at {address}"):
        connect_to_scheduler(address, timeout=0.3)
    with pytest.raises(sc.OptionError, match="no address of a scheduler"):
        connect_to_scheduler("nowhere://x", timeout=0.3)


def test_a_cluster_that_lost_its_workers_is_waited_for(cluster, jobs, monkeypatch):
    monkeypatch.setattr(dask_workers, "_NO_WORKERS_SECONDS", 0.5)
    monkeypatch.setattr(dask_workers, "_COUNT_SECONDS", 0.1)
    with cluster_workers(cluster.scheduler_address) as workers:
        cluster.scale(0)
        cluster.sync(cluster._correct_state)
        starting = threading.Timer(4.0, cluster.scale, [1])
        starting.start()
        try:
            with pytest.warns(
                UserWarning, match=r"no workers for 0\.5 s; the batch waits"
            ) as caught:
                assert [one.state for one in batch(jobs, workers)] == ["done"] * 4
        finally:
            starting.cancel()
            starting.join()
    assert sum("has had no workers" in str(one.message) for one in caught) == 1


def test_a_cluster_without_workers_is_refused(cluster):
    cluster.scale(0)
    cluster.sync(cluster._correct_state)
    with (
        pytest.raises(sc.ResourceError, match="has no workers; start some with dask worker tcp:"),
        cluster_workers(cluster.scheduler_address, timeout=0.3),
    ):
        pass


class Answering:
    """A client whose workers answer so."""

    scheduler = None

    def __init__(self, **answers):
        self.answers = answers

    def get_executor(self, **options):
        return None

    def wait_for_workers(self, count, timeout):
        return None

    def run(self, function, on_error):
        assert function() == sc.__version__
        return self.answers


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"a": ModuleNotFoundError("spikecam")}, "worker a has no spikecam; install spikecam"),
        ({"a": OSError("gone")}, "worker a does not answer: gone"),
        ({"a": sc.__version__, "b": "9.9"}, r"worker b has spikecam 9\.9, .*1 with 9\.9"),
    ],
)
def test_workers_of_another_version_are_refused(answers, message):
    with pytest.raises(sc.SpikecamError, match=message):
        DaskWorkers(Answering(**answers))
    assert DaskWorkers(Answering(a=sc.__version__)).address == "its address"
    assert dask_workers.CONNECT_SECONDS <= 10


def test_a_worker_may_run_from_a_folder_of_sources(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    class FromSources(Answering):
        def run(self, function, on_error):
            monkeypatch.setattr(metadata, "version", version)
            return {"a": function()}

    own_version()
    with pytest.raises(sc.SpikecamError, match="worker a has spikecam source, and this machine"):
        DaskWorkers(FromSources())

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import spikecam as sc
from spikecam.batches import worker
from spikecam.batches.batch import KILLED_MESSAGE, batch, make_workers
from spikecam.batches.local_workers import LocalWorkers, WorkerDeathError
from spikecam.batches.worker import run_job
from spikecam.io import output


def test_jobs_run_the_command_line(jobs, recordings, inline):
    results = list(batch(jobs, inline))
    assert [(one.state, one.error) for one in results] == [("done", "")] * 4
    for job in jobs:
        expected = sc.reconstruct(job.input, 30, "tfi")
        assert np.array_equal(sc.read_picture(job.output), np.rint(expected * 255) / 255)
    (noted,) = batch([sc.BatchJob("reconstruct", recordings[0], "auto.png")], inline)
    assert noted.notes[0].startswith("method ")


def test_jobs_are_taken_as_workers_become_free(jobs):
    """A generator of any length: no more than what runs and waits is there at a time."""
    taken, ended, most = 0, 0, 0

    def many():
        nonlocal taken
        for i in range(12):
            taken += 1
            yield sc.BatchJob("view", jobs[0].input, f"out/{i}.png", {"at": 30})

    pool = ThreadPoolExecutor(1)
    pool.capacity = 2
    for _ in batch(many(), pool):
        ended += 1
        most = max(most, taken - ended)
    pool.shutdown()
    assert (ended, most <= 3) == (12, True)


def test_a_full_disk_is_the_line_of_one_job(jobs, inline, monkeypatch):
    write = output.write_picture

    def write_unless_full(path, picture, **options):
        if path.name == "1.png":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, picture, **options)

    monkeypatch.setattr(output, "write_picture", write_unless_full)
    results = list(batch(jobs, inline, "m.jsonl"))
    assert [one.state for one in results] == ["done", "failed", "done", "done"]
    assert results[1].error == "out/1.png: No space left on device"


def test_equal_failures_at_the_start_end_the_batch(recordings, inline):
    jobs = (
        sc.BatchJob("reconstruct", recordings[0], f"{i}.png", {"method": "nosuch"})
        for i in range(50)
    )
    results = batch(jobs, inline)
    with pytest.raises(sc.OptionError, match="first 5 jobs all failed: no method 'nosuch'"):
        list(results)
    assert inline.count <= 7


def test_what_is_no_executor_is_refused(jobs, inline):
    with pytest.raises(sc.OptionError, match="not on int"):
        make_workers(3)
    with pytest.raises(sc.OptionError, match="workers of its own"):
        batch(jobs, inline, workers=2)
    with pytest.raises(sc.OptionError, match="workers are at least 1, not 0"):
        list(batch(jobs, workers=0))
    with pytest.raises(sc.OptionError, match="would both be written"):
        batch([jobs[0], jobs[0]], inline)


def test_a_worker_needs_the_folder_and_the_version(jobs, tmp_path):
    missing = str(tmp_path / "missing")
    assert "has no folder" in run_job(jobs[0], missing, sc.__version__)["error"]
    record = run_job(jobs[0], os.getcwd(), "9.9")
    assert f"has spikecam {sc.__version__}, and the batch 9.9" in record["error"]


def test_a_command_that_writes_nothing_has_failed(jobs, monkeypatch):
    monkeypatch.setattr(worker, "_command_line", lambda: lambda words: ("", []))
    record = run_job(jobs[0], os.getcwd(), sc.__version__)
    assert record["error"] == "reconstruct wrote nothing under the name out/0.png"


def test_processes_that_are_killed_lose_no_job(jobs, recordings):
    jobs = [
        sc.BatchJob("reconstruct", path, f"{i}/{path}".removesuffix(".dat"), {"frames": "20:40"})
        for path in recordings
        for i in range(2)
    ]
    workers = LocalWorkers(2)
    try:
        # One is killed while it sleeps, and what it did is done again; one dies each time.
        asleep = workers.submit(time.sleep, 1)
        while not workers.process_ids:
            time.sleep(0.01)
        (killed,) = workers.process_ids
        time.sleep(0.3)
        os.kill(killed, signal.SIGKILL)
        dying = workers.submit(os._exit, 1)
        assert asleep.result() is None
        with pytest.raises(WorkerDeathError):
            dying.result()
        results = []
        for result in batch(jobs, workers, "m.jsonl"):
            results.append(result)
            if len(results) == 2:
                os.kill(workers.process_ids[-1], signal.SIGKILL)
        assert sorted(one.state for one in results) == ["done"] * 8
        for job in jobs:
            assert len(os.listdir(job.output)) == 20
        assert int(workers.submit(os.getenv, "SPIKECAM_CORES").result()) >= 1
        # Nothing is left half-written where the workers are stopped.
        endless = workers.submit(time.sleep, 60)
        threading.Timer(0.2, workers.stop).start()
        with pytest.raises(WorkerDeathError):
            endless.result()
    finally:
        workers.stop()
    assert not list(Path().rglob(".*.part*"))


def test_a_job_is_run_again_after_plain_kill(jobs):
    def catches_sigterm(process):
        status = Path(f"/proc/{process}/status").read_text()
        return int(status.partition("SigCgt:")[2].split()[0], 16) >> (signal.SIGTERM - 1) & 1

    workers = LocalWorkers(1)
    try:
        result = workers.submit(run_job, jobs[0], os.getcwd(), sc.__version__)
        while not workers.process_ids or not catches_sigterm(workers.process_ids[0]):
            time.sleep(0.001)
        (killed,) = workers.process_ids
        os.kill(killed, signal.SIGTERM)
        assert (result.result()["state"], result.result()["error"]) == ("done", "")
        assert workers.process_ids != [killed]
    finally:
        workers.stop()


def test_no_job_begins_after_the_workers_are_stopped():
    workers = LocalWorkers(1)
    workers._stopping.set()
    with pytest.raises(WorkerDeathError):
        workers.submit(os.getpid).result()
    workers.stop()


def test_a_job_that_kills_its_worker_has_failed(jobs, inline):
    class Killing(type(inline)):
        def submit(self, *words):
            return super().submit(kill)

    def kill():
        raise WorkerDeathError

    assert {one.error for one in batch(jobs, Killing())} == {KILLED_MESSAGE}


def test_a_broken_executor_ends_the_batch_in_a_sentence(jobs, inline):
    class Broken(type(inline)):
        def submit(self, *words):
            raise BrokenExecutor

    with pytest.raises(sc.ResourceError, match="the executor takes no more jobs"):
        list(batch(jobs, Broken()))


def test_jobs_that_ended_are_recorded_before_an_error_ends_the_batch(jobs, inline):
    class Losing(type(inline)):
        capacity = 3

        def submit(self, function, job, *words):
            if job is jobs[0]:
                return super().submit(lose_connection)
            return super().submit(function, job, *words)

    def lose_connection():
        raise sc.ResourceError("the scheduler is gone")

    results = batch(jobs[:3], Losing(), "m.jsonl")
    assert [next(results).state, next(results).state] == ["done", "done"]
    with pytest.raises(sc.ResourceError, match="the scheduler is gone"):
        next(results)
    assert Path("m.jsonl").read_text().count('"state": "done"') == 2


PARENT = """
import os, time
from spikecam.batches.local_workers import LocalWorkers
if __name__ == "__main__":
    workers = LocalWorkers(1)
    print(workers.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    words = [sys.executable, str(tmp_path / "parent.py")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as parent:
        worker_process = int(parent.stdout.readline())
        parent.kill()
        try:
            # The worker holds the other end of the pipe, too.
            parent.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.kill(worker_process, signal.SIGKILL)
            raise


def test_workers_may_be_stopped_by_two_threads(monkeypatch):
    class SlowPool:
        active = 0

        def shutdown(self, wait=True):
            assert self.active == 0
            self.active += 1
            time.sleep(0.05)
            self.active -= 1

    workers = LocalWorkers(1)
    workers._pools[0] = SlowPool()
    monkeypatch.setattr(workers, "_signal", lambda number: None)
    with ThreadPoolExecutor(2) as threads:
        for stopped in [threads.submit(workers.stop) for _ in range(2)]:
            stopped.result()

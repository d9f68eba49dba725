from concurrent.futures import Executor, Future

import pytest

import spikecam as sc


class InlineExecutor(Executor):
    """Runs each job as it is submitted, and counts them."""

    capacity = 2

    def __init__(self):
        self.count = 0

    def submit(self, function, /, *args, **kwargs):
        self.count += 1
        future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def inline():
    return InlineExecutor()


@pytest.fixture
def recordings(tmp_path, spikes, monkeypatch):
    """Four recordings of 60 frames of 9x6 in the current folder: a/0.dat, a/1.dat, b/0.dat, ..."""
    monkeypatch.chdir(tmp_path)
    paths = [f"{folder}/{i}.dat" for folder in "ab" for i in range(2)]
    for seed, path in enumerate(paths):
        sc.save(path, sc.SpikeStream.from_array(spikes(60, 6, 9, seed=seed)))
    return paths


@pytest.fixture
def jobs(recordings):
    """A picture by TFI of each recording."""
    return [
        sc.BatchJob("reconstruct", path, f"out/{i}.png", {"method": "tfi", "at": 30})
        for i, path in enumerate(recordings)
    ]

import threading

import numpy as np
import pytest

import spikecam as sc
from spikecam.app import picture_cache
from spikecam.app.frame_view import ViewSettings
from spikecam.app.picture_cache import PictureCache

SETTINGS = ViewSettings(options={"window": 5})


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(60, 6, 8))


@pytest.fixture
def computed(monkeypatch):
    """The frames that are computed."""
    frames = []
    reconstruct = picture_cache.reconstruct_frame

    def counted(stream, frame_index, settings):
        frames.append(frame_index)
        return reconstruct(stream, frame_index, settings)

    monkeypatch.setattr(picture_cache, "reconstruct_frame", counted)
    return frames


def test_a_picture_is_computed_once(stream, computed):
    cache = PictureCache()
    picture = cache.reconstruct(stream, 30, SETTINGS)
    assert picture == pytest.approx(sc.reconstruct(stream, 30, window=5))
    assert cache.reconstruct(stream, 30, ViewSettings(options={"window": 5}, gamma=2)) is picture
    assert computed == [30]
    cache.reconstruct(stream, 30, ViewSettings("tfi"))
    cache.reconstruct(stream[1:], 30, SETTINGS)
    cache.clear()
    cache.reconstruct(stream, 30, SETTINGS)
    assert computed == [30] * 4


def test_old_pictures_go(stream, computed, monkeypatch):
    cache = PictureCache()
    for frame_index in range(10, 30):
        cache.reconstruct(stream, frame_index, SETTINGS)
    cache.reconstruct(stream, 29, SETTINGS)
    cache.reconstruct(stream, 10, SETTINGS)
    assert computed == [*range(10, 30), 10]
    monkeypatch.setattr(picture_cache, "_CAPACITY_BYTES", 1)
    cache.reconstruct(stream, 40, SETTINGS)
    cache.reconstruct(stream, 40, SETTINGS)
    cache.reconstruct(stream, 10, SETTINGS)
    assert computed[21:] == [40, 10]


def test_threads_share_a_picture_and_errors_are_not_stored(stream, monkeypatch):
    cache, started, go = PictureCache(), threading.Event(), threading.Event()
    calls, pictures = [], []

    def slow(*_):
        calls.append(1)
        started.set()
        assert go.wait(10)
        return np.zeros((2, 2))

    monkeypatch.setattr(picture_cache, "reconstruct_frame", slow)
    threads = [
        threading.Thread(target=lambda: pictures.append(cache.reconstruct(stream, 1, SETTINGS)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    go.set()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len({id(picture) for picture in pictures}) == 1
    monkeypatch.undo()
    for _ in range(2):
        with pytest.raises(sc.RangeError, match="frame 0 with a window of 5"):
            cache.reconstruct(stream, 0, SETTINGS)

"""Pictures that are made as a viewer slices them."""

import threading
import time

import numpy as np
import pytest

import spikecam as sc
from spikecam.napari_plugin.lazy_pictures import BackgroundPictures, LazyPictures

WINDOW = 5


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(20, 6, 9))


def all_pictures(stream):
    return sc.reconstruct(stream, method="tfp", frames=range(2, 18), window=WINDOW)


@pytest.mark.parametrize(
    "index",
    [0, -1, slice(3, 7), (4, slice(None), slice(2, 5)), (slice(None, None, -3), 1, 2), slice(5, 5)],
    ids=str,
)
def test_slices_are_those_of_the_array(stream, index):
    lazy = LazyPictures(stream, "tfp", window=WINDOW)
    assert (lazy.shape, lazy.ndim, len(lazy), lazy.size) == ((16, 6, 9), 3, 16, 16 * 54)
    assert lazy.frames == range(2, 18)
    sliced = lazy[index]
    assert sliced.dtype == lazy.dtype == np.float32
    assert np.array_equal(sliced, all_pictures(stream)[index])


def test_only_what_is_sliced_is_made(stream, monkeypatch):
    lazy, made = LazyPictures(stream, "tfp", window=WINDOW), []
    whole = lazy._make
    monkeypatch.setattr(lazy, "_make", lambda a, b: made.append((a, b)) or whole(a, b))
    assert lazy[9].shape == (6, 9)
    assert made == [(9, 10)]


def test_as_an_array_it_is_whole(stream):
    lazy = LazyPictures(stream, "tfp", window=WINDOW)
    assert np.array_equal(np.asarray(lazy), all_pictures(stream))
    assert np.asarray(lazy, np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="copy"):
        np.asarray(lazy, copy=False)


def test_the_method_is_chosen_where_none_is_named(steady):
    stream = steady(np.full((6, 9), 0.3), 600)
    choice = sc.choose_method(stream, "all")
    lazy = LazyPictures(stream, "auto")
    expected = sc.reconstruct(stream, 300, choice.method, **choice.options)
    assert choice.method == "tfi"
    assert np.array_equal(lazy[300 - lazy.frames[0]], expected)


def test_what_cannot_be_is_refused_at_once(stream):
    with pytest.raises(sc.RangeError, match="longer than"):
        LazyPictures(stream, "tfp", window=21)
    with pytest.raises(sc.OptionError, match="no option 'threshold'"):
        LazyPictures(stream, "tfp", threshold=2)


class Background:
    """Pictures in the background, each of which waits for `go`, and what was called."""

    def __init__(self, stream, fails=()):
        self.go, self.made, self.errors = threading.Semaphore(0), [], []
        self.changed = threading.Semaphore(0)
        self.pictures = BackgroundPictures(
            stream,
            "tfp",
            on_picture=self.changed.release,
            on_error=self.errors.append,
            window=WINDOW,
        )
        whole = self.pictures._make

        def make(start, stop):
            assert self.go.acquire(timeout=10)
            self.made.append(start)
            if start in fails:
                raise sc.RangeError("no such light")
            return whole(start, stop)

        self.pictures._make = make

    def finish(self, count):
        for _ in range(count):
            self.go.release()
            assert self.changed.acquire(timeout=10)


def test_a_picture_is_nan_until_it_is_made(stream):
    background = Background(stream)
    assert np.isnan(background.pictures[4]).all()
    background.finish(1)
    assert np.array_equal(background.pictures[4], all_pictures(stream)[4])
    assert background.made == [4]


def test_a_picture_that_takes_no_time_is_there_at_once(stream):
    background = Background(stream)
    background.go.release()
    assert np.array_equal(background.pictures[4], all_pictures(stream)[4])


def test_what_is_asked_for_last_is_made_next(stream):
    background = Background(stream)
    for place in (4, 5, 6, 7):
        assert np.isnan(background.pictures[place]).all()
    background.finish(2)
    assert background.made == [4, 7]
    rows = background.pictures[6:9, 0]
    assert np.isfinite(rows).all(axis=1).tolist() == [False, True, False]
    background.finish(2)
    assert background.made == [4, 7, 6, 8]


def test_no_more_is_made_than_can_be_held(stream):
    background = Background(stream)
    background.pictures._capacity = 8
    assert np.isnan(background.pictures[:]).all()
    background.finish(8)
    assert np.isfinite(background.pictures[:]).all(axis=(1, 2)).sum() == 8
    assert np.isnan(background.pictures[12]).all()
    background.finish(1)
    assert background.made == [*range(8), 12]
    assert len(background.pictures._held) == 8


def test_a_picture_that_fails_stays_nan_and_others_are_made(stream):
    background = Background(stream, fails=(4,))
    assert np.isnan(background.pictures[4]).all()
    background.finish(1)
    assert [str(error) for error in background.errors] == ["no such light"]
    assert np.isnan(background.pictures[4]).all()
    background.go.release()
    assert np.isfinite(background.pictures[5]).all()


def test_as_an_array_pictures_of_the_background_are_whole(stream):
    pictures = BackgroundPictures(
        stream, "tfp", on_picture=lambda: None, on_error=lambda error: None, window=WINDOW
    )
    assert np.array_equal(np.asarray(pictures), all_pictures(stream))


def test_the_thread_ends_with_its_work(stream):
    background = Background(stream)
    before = threading.active_count()
    assert np.isnan(background.pictures[4]).all()
    assert threading.active_count() == before + 1
    background.finish(1)
    for _ in range(100):
        if threading.active_count() == before:
            break
        time.sleep(0.01)
    assert threading.active_count() == before

import io
import os
import sys
import threading

import numpy as np
import pytest

import spikecam as sc
from spikecam.io.geometry import Geometry
from spikecam.online.feed import GrowingFileFeed, PipeFeed, open_feed

GEOMETRY = Geometry(5, 9)


def collect(feed, count):
    """Frames of a feed, until there are so many."""
    frames = []
    for block in feed:
        frames += list(np.asarray(block))
        if len(frames) >= count:
            break
    return np.stack(frames)


def test_a_pipe_gives_every_frame_however_it_is_cut(spikes):
    array = spikes(700, 5, 9)
    packed = sc.SpikeStream.from_array(array).packed().tobytes()
    out, into = os.pipe()

    def write():
        rng = np.random.default_rng(0)
        left = packed + b"\x01\x02"
        while left:
            cut = int(rng.integers(1, 400))
            os.write(into, left[:cut])
            left = left[cut:]
        os.close(into)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(out, "rb") as source:
        feed = PipeFeed(source, GEOMETRY)
        frames = collect(feed, 10_000)
    writer.join()
    assert np.array_equal(frames, array)
    assert feed.leftover_bytes == 2


def test_a_silent_pipe_gives_empty_blocks():
    out, into = os.pipe()
    with os.fdopen(out, "rb") as source:
        assert len(next(iter(PipeFeed(source, GEOMETRY)))) == 0
    os.close(into)


def test_a_file_in_place_of_a_pipe_is_read_to_its_end(spikes, tmp_path):
    array = spikes(50, 5, 9)
    (tmp_path / "a.dat").write_bytes(sc.SpikeStream.from_array(array).packed().tobytes())
    with (tmp_path / "a.dat").open("rb") as source:
        assert np.array_equal(collect(PipeFeed(source, GEOMETRY), 1000), array)


def test_a_pipe_without_one_whole_frame_is_an_error():
    out, into = os.pipe()
    os.write(into, b"123")
    os.close(into)
    with (
        os.fdopen(out, "rb") as source,
        pytest.raises(
            sc.FileError, match=r"ended after 3 bytes, before one frame of 9x5 \(6 bytes"
        ),
    ):
        list(PipeFeed(source, GEOMETRY))


def test_a_recording_is_followed_from_its_end(spikes, tmp_path):
    array, path = spikes(60, 5, 9), tmp_path / "a.dat"
    packed = sc.SpikeStream.from_array(array).packed()
    path.write_bytes(packed[:20].tobytes() + packed[20].tobytes()[:2])
    blocks = iter(GrowingFileFeed(path, GEOMETRY))
    assert len(next(blocks)) == 0
    with path.open("ab") as file:
        file.write(packed[20:].tobytes()[2:])
    assert np.array_equal(collect(blocks, 40), array[20:])
    path.write_bytes(b"")
    assert len(next(blocks)) == 0
    path.write_bytes(packed[:7].tobytes())
    assert np.array_equal(collect(blocks, 7), array[:7])


def test_a_recording_that_takes_the_place_of_another_is_followed_from_its_begin(
    spikes, tmp_path, monkeypatch
):
    array = spikes(60, 5, 9)
    packed = sc.SpikeStream.from_array(array).packed().tobytes()
    (tmp_path / "a.dat").write_bytes(packed[:60])
    feed = GrowingFileFeed(tmp_path / "a.dat", GEOMETRY)
    blocks = iter(feed)
    assert len(next(blocks)) == 0
    (tmp_path / "b.dat").write_bytes(packed)
    (tmp_path / "b.dat").rename(tmp_path / "a.dat")
    assert np.array_equal(collect(blocks, 60), array)
    assert feed.restart_count == 1
    monkeypatch.setattr("spikecam.online.feed._REPLACEMENT_SECONDS", 0.01)
    (tmp_path / "a.dat").unlink()
    with pytest.raises(sc.FileError, match=r"a\.dat cannot be followed"):
        next(blocks)


def test_a_feed_says_how_far_behind_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("spikecam.online.feed._BLOCK_FRAMES", 10)
    (tmp_path / "a.dat").write_bytes(b"")
    feed = GrowingFileFeed(tmp_path / "a.dat", GEOMETRY)
    blocks = iter(feed)
    next(blocks)
    (tmp_path / "a.dat").write_bytes(bytes(GEOMETRY.frame_bytes * 25))
    assert [(len(next(blocks)), feed.frames_behind) for _ in range(3)] == [
        (10, 25),
        (10, 15),
        (5, 5),
    ]


def test_sources_that_cannot_be_followed_are_refused(tmp_path, monkeypatch):
    with pytest.raises(sc.GeometryError, match="a pipe does not say its size"):
        open_feed("-")
    with pytest.raises(sc.FileError, match=r"name a \.dat"):
        open_feed("a.npz", shape=(5, 9))
    with pytest.raises(sc.FileError, match="does not exist yet"):
        open_feed(str(tmp_path / "a.dat"), shape=(5, 9))
    terminal = type("Terminal", (io.StringIO,), {"isatty": lambda _: True})
    monkeypatch.setattr(sys, "stdin", terminal())
    with pytest.raises(sc.OptionError, match="nothing is piped in"):
        open_feed("-", shape=(5, 9))


def test_a_recording_that_has_ended_is_not_followed(tmp_path):
    path = tmp_path / "a.dat"
    path.write_bytes(bytes(60))
    assert isinstance(open_feed(str(path), shape=(5, 9)), GrowingFileFeed)
    os.utime(path, (0, 0))
    with pytest.raises(sc.FileError, match=r"a\.dat does not grow: the recording has ended"):
        open_feed(str(path), shape=(5, 9))

    def append():
        with path.open("ab") as file:
            file.write(bytes(6))

    timer = threading.Timer(0.2, append)
    timer.start()
    assert isinstance(open_feed(str(path), shape=(5, 9)), GrowingFileFeed)
    timer.join()

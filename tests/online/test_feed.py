import io
import os
import sys
import threading
import time

import numpy as np
import pytest

import spikecam as sc
from spikecam.io.geometry import Geometry
from spikecam.online.feed import follow, grown, piped
from spikecam.online.follower import Follower
from spikecam.online.reconstructor import online_reconstructor

GEOMETRY = Geometry(5, 9)


def gathered(blocks, count):
    """Frames as they come, until there are so many."""
    held = []
    for frames in blocks:
        held += list(np.asarray(frames))
        if len(held) >= count:
            return np.stack(held)
    return np.stack(held)


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
        came = gathered(piped(source, GEOMETRY), 10_000)
    writer.join()
    assert np.array_equal(came, array)


def test_a_silent_pipe_lets_look_around():
    out, into = os.pipe()
    with os.fdopen(out, "rb") as source:
        assert len(next(piped(source, GEOMETRY))) == 0
    os.close(into)


def test_a_file_in_place_of_a_pipe_is_read_to_its_end(spikes, tmp_path):
    array = spikes(50, 5, 9)
    (tmp_path / "a.dat").write_bytes(sc.SpikeStream.from_array(array).packed().tobytes())
    with (tmp_path / "a.dat").open("rb") as source:
        assert np.array_equal(gathered(piped(source, GEOMETRY), 1000), array)


def test_a_recording_is_followed_from_its_end(spikes, tmp_path):
    array, path = spikes(60, 5, 9), tmp_path / "a.dat"
    packed = sc.SpikeStream.from_array(array).packed()
    path.write_bytes(packed[:20].tobytes() + packed[20].tobytes()[:2])
    blocks = grown(path, GEOMETRY)
    assert len(next(blocks)) == 0
    with path.open("ab") as file:
        file.write(packed[20:].tobytes()[2:])
    assert np.array_equal(gathered(blocks, 40), array[20:])
    path.write_bytes(b"")
    with pytest.raises(sc.FileError, match="was replaced while it was followed"):
        next(blocks)


def test_a_recording_that_takes_the_place_of_another_is_not_followed(spikes, tmp_path):
    packed = sc.SpikeStream.from_array(spikes(60, 5, 9)).packed().tobytes()
    (tmp_path / "a.dat").write_bytes(packed[:60])
    blocks = grown(tmp_path / "a.dat", GEOMETRY)
    assert len(next(blocks)) == 0
    (tmp_path / "b.dat").write_bytes(packed)
    (tmp_path / "b.dat").rename(tmp_path / "a.dat")
    with pytest.raises(sc.FileError, match="was replaced"):
        next(blocks)


def test_what_cannot_be_followed_is_refused(tmp_path, monkeypatch):
    with pytest.raises(sc.GeometryError, match="a pipe does not say its size"):
        follow("-")
    with pytest.raises(sc.FileError, match=r"name a \.dat"):
        follow("a.npz", shape=(5, 9))
    with pytest.raises(sc.FileError, match="does not exist yet"):
        follow(str(tmp_path / "a.dat"), shape=(5, 9))
    terminal = type("Terminal", (io.StringIO,), {"isatty": lambda _: True})
    monkeypatch.setattr(sys, "stdin", terminal())
    with pytest.raises(sc.OptionError, match="nothing is piped in"):
        follow("-", shape=(5, 9))


@pytest.mark.parametrize("method", ["tfp", "tfstp"])
def test_the_picture_of_now_is_that_of_the_last_frame(spikes, method):
    stream = sc.SpikeStream.from_array(spikes(300, 5, 21))
    moment = online_reconstructor(method, (5, 21), {"window": 41})
    for start, stop in ((0, 3), (3, 3), (3, 150), (150, 190), (190, 300)):
        moment.update(stream[start:stop])
    expected = sc.reconstruct(stream, 279 if method == "tfp" else 299, method)
    assert moment.picture() == pytest.approx(expected, abs=1e-5)


def test_the_first_pictures_are_of_what_there_is(spikes):
    moment = online_reconstructor("tfp", (5, 9), {"window": 41})
    assert not moment.picture().any()
    moment.update(sc.SpikeStream.from_array(np.ones((10, 5, 9))))
    assert (moment.picture() == 1).all()


def test_other_methods_and_windows_are_refused():
    with pytest.raises(sc.OptionError, match="tfp or tfstp, not 'tfi'"):
        online_reconstructor("tfi", (5, 9), {"window": 41})
    with pytest.raises(sc.OptionError, match="from 1 on, not 0"):
        online_reconstructor("tfp", (5, 9), {"window": 0})


class Slow:
    """Sees quickly, and draws slowly."""

    def __init__(self):
        self.seen = 0

    def update(self, frames):
        self.seen += len(frames)

    def picture(self):
        time.sleep(0.02)
        return np.zeros((5, 9), np.float32)


def test_pictures_are_left_out_and_frames_never(spikes):
    stream = sc.SpikeStream.from_array(spikes(3000, 5, 9))
    follower = Follower(Slow(), fps=1000)

    def camera():
        start, read = time.monotonic(), 0
        while read < 3000:
            came = min(3000, int((time.monotonic() - start) * 5000))
            yield stream[read:came]
            read = came

    follower.run(camera())
    assert follower.reconstructor.seen == follower.seen == 3000
    assert 5 < follower.shown <= 32
    assert follower.ended
    assert follower.summary().startswith("3,000 frames, ")


def test_pictures_come_no_faster_than_is_wanted_and_the_last_is_shown(spikes):
    block = sc.SpikeStream.from_array(spikes(10, 5, 9))
    follower = Follower(online_reconstructor("tfp", (5, 9), {"window": 9}), fps=20)

    def blocks():
        start = time.monotonic()
        while time.monotonic() - start < 0.6:
            yield block

    follower.run(blocks())
    assert 2 <= follower.shown <= 15
    number, picture = follower.next_picture(0)
    assert number == follower.shown
    assert picture == pytest.approx(np.asarray(block)[1:].mean(axis=0), abs=1e-6)
    assert follower.next_picture(number) is None


def test_what_goes_wrong_is_kept_and_told():
    def blocks():
        yield sc.SpikeStream.from_array(np.zeros((1, 5, 9)))
        raise sc.FileError("gone")

    follower = Follower(online_reconstructor("tfp", (5, 9), {"window": 9}), fps=20)
    follower.run(blocks())
    assert str(follower.error) == "gone"
    assert follower.ended


def test_it_stops_when_it_is_asked_to():
    follower = Follower(online_reconstructor("tfp", (5, 9), {"window": 9}), fps=20)

    def blocks():
        while True:
            yield sc.SpikeStream.from_array(np.zeros((0, 5, 9)))

    thread = threading.Thread(target=follower.run, args=(blocks(),))
    thread.start()
    follower.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()

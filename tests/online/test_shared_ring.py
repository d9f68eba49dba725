import os
import shutil
import subprocess
import sys
import threading
import time
import uuid

import numpy as np
import pytest

import spikecam as sc
from spikecam.io.geometry import Geometry
from spikecam.online import feed as feed_module
from spikecam.online import shared_ring
from spikecam.online.feed import SharedRingFeed, open_feed
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.online.shared_ring import HEADER_BYTES, SharedRing, SharedRingReader


@pytest.fixture
def name():
    return f"spikecam-{uuid.uuid4().hex[:12]}"


def collect(feed, started):
    """All frames of a feed; says when it follows."""
    frames = []
    for block in feed:
        started.set()
        frames += list(np.asarray(block))
    return frames


def test_a_ring_hands_over_every_frame(spikes, name):
    array = spikes(700, 5, 9)
    packed = sc.SpikeStream.from_array(array).packed()
    frames, started = [], threading.Event()
    with SharedRing(name, (5, 9), 64, rate=1000.0) as ring:
        feed = open_feed(f"shm:{name}")
        reading = threading.Thread(target=lambda: frames.extend(collect(feed, started)))
        reading.start()
        assert started.wait(5)
        for start in range(0, 700, 10):
            ring.write(packed[start : start + 10])
            time.sleep(0.003)
        time.sleep(0.05)
    reading.join(5)
    assert feed.geometry == Geometry(5, 9, row_width=9, rate=1000.0)
    assert len(frames) + feed.lost_frames == 700
    if not feed.lost_frames:  # on a machine that stands still for a moment some may be
        assert np.array_equal(frames, array)


def test_overtaken_frames_are_counted_as_lost_and_the_others_are_whole(spikes, name):
    array = spikes(100, 5, 9)
    packed = sc.SpikeStream.from_array(array).packed()
    with SharedRing(name, (5, 9), 20) as ring:
        feed = SharedRingFeed(SharedRingReader(name))
        blocks = iter(feed)
        assert len(next(blocks)) == 0
        ring.write(packed[:5])
        assert np.array_equal(np.asarray(next(blocks)), array[:5])
        ring.write(packed[5:80])
        assert np.array_equal(np.asarray(next(blocks)), array[70:75])
        assert feed.lost_frames == 65
        assert np.array_equal(np.asarray(next(blocks)), array[75:80])
    assert list(blocks) == []


def test_a_frame_that_is_being_overwritten_is_not_read(spikes, name):
    packed = sc.SpikeStream.from_array(spikes(10, 5, 9)).packed()
    with SharedRing(name, (5, 9), 10) as ring:
        ring.write(packed)
        reader = SharedRingReader(name)
        target = np.empty((3, 6), np.uint8)
        assert reader.copy_frames(2, target)
        assert np.array_equal(target, packed[2:5])
        ring._begun[0] += 3
        assert not reader.copy_frames(2, target)
        assert reader.copy_frames(3, target)
        reader.close()


def test_the_last_frames_are_used_where_they_lie_and_also_across_the_end(spikes, name):
    array = spikes(27, 5, 9)
    packed = sc.SpikeStream.from_array(array).packed()
    with SharedRing(name, (5, 9), 20) as ring:
        feed = SharedRingFeed(SharedRingReader(name))
        ring.write(packed[:6])
        assert np.array_equal(feed.last_frames(8, np.asarray), array[:6])
        ring.write(packed[6:15])
        assert np.array_equal(feed.last_frames(8, np.array), array[7:15])
        ring.write(packed[15:])
        assert np.array_equal(feed.last_frames(8, np.array), array[19:27])
        assert feed.lost_frames == 0


def test_frames_that_are_overwritten_while_they_are_used_are_used_again_or_lost(spikes, name):
    packed = sc.SpikeStream.from_array(spikes(15, 5, 9)).packed()
    calls = []
    with SharedRing(name, (5, 9), 20) as ring:
        feed = SharedRingFeed(SharedRingReader(name))
        ring.write(packed)

        def use(frames, most):
            calls.append(len(frames))
            if len(calls) <= most:
                ring.write(packed)
            return len(calls)

        assert feed.last_frames(8, lambda frames: use(frames, 1)) == 2
        calls.clear()
        assert feed.last_frames(8, lambda frames: use(frames, 9)) is None
        assert feed.lost_frames == 8


@pytest.mark.parametrize("method", ["tfp", "tfstp"])
def test_live_pictures_of_a_ring_are_those_of_the_same_frames(spikes, name, method):
    array = spikes(40, 5, 9)
    stream = sc.SpikeStream.from_array(array)
    expected = sc.online_reconstructor(method, (5, 9), {"window": 7})
    expected.update(stream)
    with SharedRing(name, (5, 9), 64) as ring:
        live = LiveReconstruction(open_feed(f"shm:{name}"), method, {"window": 7}, fps=1000)
        reading = threading.Thread(target=live.run)
        reading.start()
        # The feed begins at its newest frame: it is to be there before.
        time.sleep(0.1)
        ring.write(stream.packed(0, 15))
        time.sleep(0.05)
        ring.write(stream.packed(15, 40))
    reading.join(5)
    assert live.error is None
    assert live.frame_count == 40
    assert live.feed.passed_frames == (40 if method == "tfp" else 0)
    assert np.allclose(live.next_picture(0)[1], expected.picture())


def test_a_method_that_needs_every_frame_is_given_them_beside_one_that_does_not(spikes, name):
    stream = sc.SpikeStream.from_array(spikes(40, 5, 9))
    with SharedRing(name, (5, 9), 64) as ring:
        live = LiveReconstruction(open_feed(f"shm:{name}"), "tfp", {"window": 7}, fps=1000)
        source = live.watch("tfstp")
        reading = threading.Thread(target=live.run)
        reading.start()
        time.sleep(0.1)
        ring.write(stream.packed())
    reading.join(5)
    expected = sc.online_reconstructor("tfstp", (5, 9), {})
    expected.update(stream)
    assert live.feed.passed_frames == 0
    assert np.array_equal(source.next_picture(0).picture, expected.picture())


def test_a_window_of_more_than_half_the_ring_is_copied(spikes, name):
    stream = sc.SpikeStream.from_array(spikes(40, 5, 9))
    with SharedRing(name, (5, 9), 64) as ring:
        live = LiveReconstruction(open_feed(f"shm:{name}"), "tfp", {"window": 33}, fps=1000)
        reading = threading.Thread(target=live.run)
        reading.start()
        time.sleep(0.1)
        ring.write(stream.packed())
    reading.join(5)
    assert live.feed.passed_frames == 0
    assert live.frame_count == 40


def test_the_layout_is_the_one_of_the_page(name):
    with SharedRing(name, (5, 9), 7, rate=40_000.0, row_width=16) as ring:
        ring.write(np.full((2, 10), 3, np.uint8))
        header = bytes(ring._memory.buf[:HEADER_BYTES])
        assert header[:8] == b"SPIKRING"
        assert np.frombuffer(header, "<u4", 4, 8).tolist() == [1, 5, 9, 16]
        assert np.frombuffer(header, "<f8", 1, 24)[0] == 40_000
        assert np.frombuffer(header, "<u8", 1, 32)[0] == 7
        namespace = os.stat("/proc/self/ns/pid").st_ino if sys.platform == "linux" else 0
        assert np.frombuffer(header, "<u8", 2, 40).tolist() == [os.getpid(), namespace]
        assert [np.frombuffer(header, "<u8", 1, at)[0] for at in (64, 128, 192)] == [2, 2, 0]
        assert bytes(ring._memory.buf[HEADER_BYTES : HEADER_BYTES + 20]) == bytes([3] * 20)


def test_a_reader_in_another_process_leaves_the_ring_where_it_is(name):
    code = "import sys; from spikecam.online.feed import open_feed; open_feed(sys.argv[1])"
    with SharedRing(name, (5, 9), 10):
        ended = subprocess.run([sys.executable, "-c", code, f"shm:{name}"], capture_output=True)
        assert (ended.returncode, ended.stderr) == (0, b"")
        SharedRingReader(name).close()


def test_a_writer_that_died_ends_the_feed_in_a_sentence(name, monkeypatch):
    monkeypatch.setattr(feed_module, "_WRITER_CHECK_SECONDS", 0)
    with SharedRing(name, (5, 9), 10) as ring:
        reader = SharedRingReader(name)
        blocks = iter(SharedRingFeed(reader))
        assert len(next(blocks)) == 0
        ring.write(np.zeros((2, 6), np.uint8))
        monkeypatch.setattr(shared_ring, "is_process_running", lambda process: False)
        # What came before is still read.
        assert len(next(blocks)) == 2
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(shared_ring, "_process_namespace", lambda: 1)
            assert not reader.writer_is_gone
        with pytest.raises(sc.FileError, match=f"memory {name} has ended without closing it; star"):
            next(blocks)


def test_rings_that_cannot_be_are_refused(name, tmp_path, monkeypatch):
    with pytest.raises(sc.FileError, match=f"no shared memory named '{name}'; start the camera"):
        open_feed(f"shm:{name}")
    with pytest.raises(sc.OptionError, match="at least 2 frames, not 1"):
        SharedRing(name, (5, 9), 1)
    with (
        monkeypatch.context() as patched,
        pytest.raises(
            sc.ResourceError, match=r"0\.00 GB are free in .*; choose a smaller capacity"
        ),
    ):
        patched.setattr(shared_ring, "_LINUX_SHARED_MEMORY", tmp_path)
        patched.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 9, 0))
        SharedRing(name, (5, 9), 10)
    with pytest.raises(sc.ResourceError, match="a ring of 10,000,000,000,000 frames needs"):
        SharedRing(name, (5, 9), 10**13)
    with SharedRing(name, (5, 9), 10) as ring:
        with pytest.raises(sc.OutputError, match="exists; end the program"):
            SharedRing(name, (5, 9), 10)
        with pytest.raises(sc.GeometryError, match="holds frames of 9x5, not 400x250"):
            open_feed(f"shm:{name}", shape=(250, 400))
        ring._memory.buf[:4] = b"else"
        with pytest.raises(sc.FileError, match="holds no ring of frames of version 1"):
            SharedRingReader(name)


@pytest.mark.parametrize("frames", [np.zeros((3, 1), np.uint8), np.zeros((3, 6), np.int64)])
def test_what_is_no_frame_is_refused_and_a_second_end_does_nothing(name, frames):
    with SharedRing(name, (5, 9), 10) as ring:
        with pytest.raises(sc.GeometryError, match=r"uint8 of shape \(T, 6\), not"):
            ring.write(frames)
        ring.write(np.zeros((3, 6), np.uint8))
        assert SharedRingReader(name).written == 3
        ring.close()

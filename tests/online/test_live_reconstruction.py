import threading
import time

import numpy as np
import pytest

import spikecam as sc
from spikecam.io.geometry import Geometry
from spikecam.online.live_reconstruction import MAX_SOURCES, LiveReconstruction
from spikecam.online.methods import find_online_method
from spikecam.online.picture_source import PictureSource


class FakeFeed:
    """Blocks of frames of 5x9 pixels from a generator function."""

    geometry = Geometry(5, 9)

    def __init__(self, blocks, leftover_bytes=0, lost_frames=0):
        self.blocks, self.leftover_bytes = blocks, leftover_bytes
        self.lost_frames = lost_frames

    def __iter__(self):
        return self.blocks()


class SlowReconstructor:
    """Takes frames quickly, and makes pictures slowly."""

    def __init__(self):
        self.frame_count = 0

    def update(self, frames):
        self.frame_count += len(frames)

    def picture(self):
        time.sleep(0.02)
        return np.zeros((5, 9), np.float32)


def test_pictures_are_left_out_and_frames_never(spikes):
    stream = sc.SpikeStream.from_array(spikes(3000, 5, 9))

    def blocks():
        start, read = time.monotonic(), 0
        while read < 3000:
            recorded = min(3000, int((time.monotonic() - start) * 5000))
            yield stream[read:recorded]
            read = recorded

    live = LiveReconstruction(FakeFeed(blocks), "tfp", fps=1000)
    live.reconstructor = SlowReconstructor()
    live.run()
    assert live.reconstructor.frame_count == live.frame_count == 3000
    assert 5 < live.picture_count <= 32
    assert live.ended
    assert live.summary().startswith("3,000 frames, ")


def test_pictures_are_turned_and_frames_read_as_they_are(spikes):
    stream = sc.SpikeStream.from_array(spikes(50, 5, 9))
    orientation = sc.Orientation("vertical", 90, ((0, 8), (1, 5)))
    live = LiveReconstruction(FakeFeed(lambda: iter([stream])), "tfp", orientation=orientation)
    live.run()
    _, picture = live.next_picture(0)
    assert np.array_equal(picture, orientation.apply(live.reconstructor.picture()))
    assert picture.shape == (8, 4)
    with pytest.raises(sc.RangeError, match="rows 0:6"):
        LiveReconstruction(FakeFeed(list), "tfp", orientation=sc.Orientation(crop=":6,:"))


def test_pictures_come_no_faster_than_fps_and_the_last_is_street(spikes):
    block = sc.SpikeStream.from_array(spikes(10, 5, 9))

    def blocks():
        start = time.monotonic()
        while time.monotonic() - start < 0.6:
            yield block

    live = LiveReconstruction(FakeFeed(blocks), "tfp", {"window": 9}, fps=20)
    live.run()
    assert 2 <= live.picture_count <= 15
    number, picture = live.next_picture(0)
    assert number == live.picture_count
    assert picture == pytest.approx(np.asarray(block)[1:].mean(axis=0), abs=1e-6)
    assert live.next_picture(number) is None


def test_another_method_goes_on_with_the_same_options(spikes):
    block = sc.SpikeStream.from_array(spikes(10, 5, 9))
    live = LiveReconstruction(FakeFeed(lambda: iter([block])), "tfstp", {"window": 3})
    live.choose_method("tfp")
    assert live.method == "tfp"
    with pytest.raises(sc.OptionError, match="not 'tfi'"):
        live.choose_method("tfi")
    assert live.method == "tfp"
    live.run()
    _, picture = live.next_picture(0)
    assert picture == pytest.approx(np.asarray(block)[7:].mean(axis=0), abs=1e-6)


def test_an_error_of_the_feed_ends_it_and_is_kept():
    def blocks():
        yield sc.SpikeStream.from_array(np.zeros((1, 5, 9)))
        raise sc.FileError("gone")

    live = LiveReconstruction(FakeFeed(blocks), "tfp")
    live.run()
    assert str(live.error) == "gone"
    assert live.ended


def test_bytes_after_the_last_whole_frame_are_in_the_summary(spikes):
    block = sc.SpikeStream.from_array(spikes(10, 5, 9))
    live = LiveReconstruction(FakeFeed(lambda: iter([block]), leftover_bytes=4), "tfp")
    live.run()
    assert "the last 4 bytes are less than a frame of 9x5" in live.summary()


def test_lost_frames_are_in_the_summary(spikes):
    block = sc.SpikeStream.from_array(spikes(10, 5, 9))
    live = LiveReconstruction(FakeFeed(lambda: iter([block]), lost_frames=1234), "tfp")
    live.run()
    assert "1,234 frames were lost: they were overwritten before they were read" in live.summary()


def test_stop_ends_it():
    def blocks():
        while True:
            yield sc.SpikeStream.from_array(np.zeros((0, 5, 9)))

    live = LiveReconstruction(FakeFeed(blocks), "tfp")
    thread = threading.Thread(target=live.run)
    thread.start()
    live.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_pages_that_watch_the_same_share_its_pictures_and_different_ones_are_bounded(spikes):
    block = sc.SpikeStream.from_array(spikes(10, 5, 9))

    def blocks():
        yield block
        live.release(sources[3])
        yield block

    live = LiveReconstruction(FakeFeed(blocks), "tfp", {"window": 3}, fps=1000)
    sources = [live.watch(), live.watch("tfp", 3), live.watch("tfp", 5), live.watch("tfstp")]
    assert sources[0] is sources[1]
    live.watch("tfp", 7)
    with pytest.raises(sc.OptionError, match="4 different pictures"):
        live.watch("tfp", 9)
    with pytest.raises(sc.OptionError, match="window"):
        live.watch("tfp", 0)
    live.run()
    for source, frames in ((sources[0], 3), (sources[2], 5)):
        latest = source.next_picture(0)
        assert latest.picture == pytest.approx(np.asarray(block)[-frames:].mean(axis=0), abs=1e-6)
        assert latest.frame_count == 20
    # Nobody watches it any more: it took no frame after that.
    assert sources[3].next_picture(0, timeout=0.01).frame_count == 10
    assert live.picture_count >= 3
    # There is room again.
    assert live.watch("tfp", 9).viewer_count == 1


def test_what_nobody_watches_makes_no_pictures_beside_what_is_watched(spikes):
    block = sc.SpikeStream.from_array(spikes(10, 5, 9))
    live = LiveReconstruction(FakeFeed(lambda: iter([block])), "tfp", {"window": 3})
    source = live.watch("tfstp")
    live.run()
    assert source.picture_count == live.picture_count == 1
    assert live.next_picture(0) is None


def test_a_page_exchanges_its_source_where_no_other_has_room():
    live = LiveReconstruction(FakeFeed(list), "tfp", {"window": 3})
    first, *others = [live.watch("tfp", 3 + index) for index in range(MAX_SOURCES)]
    with pytest.raises(sc.OptionError, match="4 different pictures"):
        live.watch("tfstp")
    second = live.replace(first, "tfstp")
    assert live._page_sources == (*others, second)
    assert (first.viewer_count, second.viewer_count) == (0, 1)
    # The same once more, and one that another page watches.
    assert live.replace(second, "tfstp") is second
    assert live.replace(second, "tfp", 4) is others[0]
    assert live._page_sources == tuple(others)
    assert others[0].viewer_count == 2
    live.watch("tfstp")
    # It would stay, since another page watches it, too.
    with pytest.raises(sc.OptionError, match="4 different pictures"):
        live.replace(others[0], "tfp", 41)
    with pytest.raises(sc.OptionError, match="window"):
        live.replace(others[0], "tfp", 0)
    assert others[0].viewer_count == 2
    assert live.watch() is first


def test_options_that_are_equal_share_a_source_however_they_are_given():
    live = LiveReconstruction(FakeFeed(list), "tfp")
    assert live.watch("tfp", 41) is live.watch("TFP") is live.watch()
    # One that has no window is the same with any.
    assert live.watch("tfstp", 7) is live.watch("tfstp")


def test_others_watch_while_a_method_is_made(monkeypatch):
    live = LiveReconstruction(FakeFeed(list), "tfp")
    make_source, made = live._make_source, []

    def make_slowly(method, options):
        assert not live._lock.locked()
        if not made:
            made.append(None)
            made[0] = live.watch("tfstp")
        return make_source(method, options)

    monkeypatch.setattr(live, "_make_source", make_slowly)
    # The other was first; what was made beside it is left.
    assert live.watch("tfstp") is made[0]
    assert made[0].viewer_count == 2


def test_pictures_wait_while_frames_may_be_lost():
    method, options = find_online_method("tfp", {"window": 5})
    source = PictureSource(method, options, (5, 9), fps=1000)
    frames = sc.SpikeStream.from_array(np.ones((5, 5, 9)))

    def is_made(**options):
        source.update(frames)
        return source.make_picture_if_due(5, **options)

    time.sleep(0.26)
    assert is_made(is_late=True)
    began = time.monotonic()
    assert not any(is_made(is_late=True) for _ in range(5)) or time.monotonic() - began > 0.2
    time.sleep(0.26)
    assert is_made(is_late=True)
    time.sleep(0.01)
    assert is_made()

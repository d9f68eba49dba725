import os
import time

import numpy as np
import pytest

import spikecam as sc
from spikecam.online.feed import open_feed
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.online.moment_recorder import MomentRecorder
from spikecam.online.ring_moments import SharedRingMomentRecorder, make_moment_recorder
from spikecam.online.shared_ring import SharedRing, SharedRingReader

SHAPE, RATE = (5, 9), 100.0


@pytest.fixture
def frames(spikes):
    """Packed frames, 400 of them."""
    return sc.SpikeStream.from_array(spikes(400, *SHAPE)).packed()


@pytest.fixture
def ring():
    """A ring of 40 frames, of which moments have 20 before and 10 after a trigger."""
    with SharedRing(f"spikecam-test-{os.getpid()}", SHAPE, 40, rate=RATE) as ring:
        yield ring


@pytest.fixture
def reader(ring):
    reader = SharedRingReader(f"spikecam-test-{os.getpid()}")
    yield reader
    reader.close()


def make_recorder(path, reader, **options):
    options = {"seconds_before": 0.2, "seconds_after": 0.1, **options}
    return SharedRingMomentRecorder(path, reader, reader.geometry, **options)


def wait_until(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not come")


def write_slowly(ring, frames, recorder, triggers):
    """Write frames as copying follows, with a trigger before each of some frames."""
    for start in range(0, len(frames), 5):
        if start in triggers:
            recorder.trigger()
        ring.write(frames[start : start + 5])
        if recorder.pending_count:
            wait_until(
                lambda: not recorder.pending_count or recorder._frame_count == recorder._newest
            )


@pytest.mark.parametrize(
    "triggers", [[100], [5], [100, 300], [100, 105, 120], [100, 125, 130, 200], [395]]
)
def test_recordings_hold_the_frames_around_each_trigger(ring, reader, frames, tmp_path, triggers):
    with make_recorder(tmp_path / "moment.dat", reader) as recorder:
        write_slowly(ring, frames, recorder, triggers)
    assert len(recorder.recordings) == len(triggers)
    for path, moment in zip(recorder.recordings, triggers, strict=True):
        recorded = sc.open(path)
        assert np.array_equal(recorded.packed(), frames[max(0, moment - 20) : moment + 10])
        assert recorded.rate == RATE
    assert recorder.missing_frames == 0


def test_nothing_is_copied_without_a_trigger(ring, reader, frames, tmp_path):
    with make_recorder(tmp_path / "moment.dat", reader) as recorder:
        write_slowly(ring, frames, recorder, [])
        time.sleep(0.02)
    assert recorder._frame_count == 0
    assert list(tmp_path.iterdir()) == []


def test_a_moment_ends_where_frames_were_overwritten(ring, reader, frames, tmp_path):
    with make_recorder(tmp_path / "moment.dat", reader) as recorder:
        write_slowly(ring, frames[:100], recorder, [])
        recorder.trigger()
        ring.write(frames[100:105])
        wait_until(lambda: recorder._frame_count == 105)
        with recorder._changed:
            # Copying waits for the lock while more than the ring holds is written.
            for start in range(105, 205, 20):
                ring.write(frames[start : start + 20])
        wait_until(lambda: not recorder.pending_count)
    assert np.array_equal(sc.open(recorder.recordings[0]).packed(), frames[80:105])
    assert recorder.missing_frames == 5


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_moment_begins_after_what_was_overwritten(ring, reader, frames, tmp_path, is_begun):
    with make_recorder(tmp_path / "moment.dat", reader, seconds_after=0.5) as recorder:
        write_slowly(ring, frames[:100], recorder, [])
        with recorder._changed:
            recorder.trigger()
            if is_begun:
                recorder._begin_moments()
            ring.write(frames[100:120])
            ring.write(frames[120:140])
        wait_until(lambda: recorder._frame_count == 140)
        write_slowly(ring, frames[140:170], recorder, [])
        wait_until(lambda: not recorder.pending_count)
    # Behind a copy that fails, half the ring is left out.
    begin = 120 if is_begun else 100
    assert np.array_equal(sc.open(recorder.recordings[0]).packed(), frames[begin:150])
    assert recorder.missing_frames == begin - 80


def test_a_moment_of_which_nothing_is_left_is_no_file(ring, reader, frames, tmp_path):
    moments = []
    with make_recorder(tmp_path / "moment.dat", reader) as recorder:
        recorder.on_moment = lambda *facts: moments.append(facts)
        write_slowly(ring, frames[:100], recorder, [])
        with recorder._changed:
            recorder.trigger()
            recorder._begin_moments()
            for start in range(100, 300, 20):
                ring.write(frames[start : start + 20])
        wait_until(lambda: not recorder.pending_count)
    assert recorder.recordings == list(tmp_path.iterdir()) == []
    assert (recorder.missing_frames, moments) == (30, [(None, 0, 30)])


def test_frames_wait_in_the_ring_for_a_slow_disk(ring, reader, frames, tmp_path, slow_disk):
    slow_disk(0.05)
    with make_recorder(tmp_path / "moment.dat", reader) as recorder:
        write_slowly(ring, frames[:300], recorder, [100, 140, 180])
    for path, moment in zip(recorder.recordings, [100, 140, 180], strict=True):
        assert np.array_equal(sc.open(path).packed(), frames[moment - 20 : moment + 10])


def test_a_jump_of_the_firing_rate_triggers(ring, reader, tmp_path):
    rng = np.random.default_rng(0)
    rates = np.repeat([0.1, 0.5], [200, 100])[:, None, None]
    packed = sc.SpikeStream.from_array(rng.random((300, *SHAPE)) < rates).packed()
    with make_recorder(tmp_path / "jump.dat", reader, jump=2.5) as recorder:
        for start in range(0, 300, 5):
            ring.write(packed[start : start + 5])
            wait_until(lambda: recorder._jump_position == recorder._newest)
    (path,) = recorder.recordings
    assert np.array_equal(sc.open(path).packed(), packed[180:210])


def test_triggers_may_come_out_of_order(ring, reader, frames, tmp_path):
    with make_recorder(tmp_path / "moment.dat", reader) as recorder:
        write_slowly(ring, frames[:100], recorder, [])
        # As a jump does, which is detected in frames that have come.
        recorder._requests.extend([100, 90])
        write_slowly(ring, frames[100:200], recorder, [])
        wait_until(lambda: not recorder.pending_count)
    assert len(recorder.recordings) == 2
    for path in recorder.recordings:
        assert np.array_equal(sc.open(path).packed(), frames[80:110])


def test_a_disk_error_ends_it_with_a_sentence(ring, reader, frames, tmp_path, full_disk):
    recorder = make_recorder(tmp_path / "moment.dat", reader)
    write_slowly(ring, frames[:100], recorder, [])
    recorder.trigger()
    ring.write(frames[100:115])
    wait_until(lambda: recorder._error is not None)
    with pytest.raises(sc.OutputError, match=r"moment\.dat: No space left"):
        recorder.append(sc.SpikeStream(frames[:0], SHAPE))
    with pytest.raises(sc.OutputError, match=r"moment\.dat: No space left"):
        recorder.close()


def test_an_error_of_copying_is_raised(ring, reader, tmp_path, monkeypatch):
    def fail(self):
        raise MemoryError

    monkeypatch.setattr(SharedRingMomentRecorder, "_copy_frames", fail)
    recorder = make_recorder(tmp_path / "moment.dat", reader)
    with pytest.raises(MemoryError):
        recorder.close()


@pytest.mark.parametrize(
    ("before", "capacity", "kind"),
    [
        (0.2, 40, SharedRingMomentRecorder),
        (0.32, 40, SharedRingMomentRecorder),
        (0.33, 40, MomentRecorder),
        (0.0, 5, SharedRingMomentRecorder),
        (0.0, 4, MomentRecorder),
    ],
)
def test_frames_of_a_short_ring_are_copied_as_they_come(tmp_path, before, capacity, kind):
    name = f"spikecam-test-short-{os.getpid()}"
    with SharedRing(name, SHAPE, capacity, rate=RATE):
        feed = open_feed(f"shm:{name}")
        options = {"seconds_before": before, "seconds_after": 0.1}
        with make_moment_recorder(tmp_path / "a.dat", feed, feed.geometry, **options) as recorder:
            assert type(recorder) is kind
            live = LiveReconstruction(feed, "tfp", {"window": 2}, recorder=recorder)
            assert live._needs_frames() is (kind is MomentRecorder)
        feed.reader.close()

import threading
from types import SimpleNamespace

import numpy as np
import pytest

import spikecam as sc
from spikecam import resources
from spikecam.io.geometry import Geometry
from spikecam.online import moment_recorder
from spikecam.online.live_reconstruction import LiveReconstruction
from spikecam.online.moment_recorder import MomentRecorder
from spikecam.online.rate_jump import RateJumpDetector

GEOMETRY = Geometry(5, 9, rate=100.0)


@pytest.fixture
def stream(spikes):
    return sc.SpikeStream.from_array(spikes(300, 5, 9))


def record(stream, path, triggers, *, before=0.2, after=0.1, block=7, geometry=GEOMETRY):
    """Feed a stream in blocks, triggering before the first block that reaches these frames."""
    waiting, moments = list(triggers), []
    recorder = MomentRecorder(path, geometry, seconds_before=before, seconds_after=after)
    with recorder:
        for start in range(0, len(stream), block):
            while waiting and waiting[0] <= start:
                waiting.pop(0)
                moments.append(start)
                recorder.trigger()
            recorder.append(stream[start : min(start + block, len(stream))])
    return recorder, moments


@pytest.mark.parametrize(
    ("triggers", "block"),
    [([150], 7), ([100, 200], 7), ([150, 155, 160], 1), ([5], 5), ([295], 5), ([40], 300)],
)
@pytest.mark.parametrize("written_bytes", [6, 1 << 20])
def test_recordings_hold_the_frames_around_each_trigger(
    stream, tmp_path, monkeypatch, triggers, block, written_bytes
):
    monkeypatch.setattr(moment_recorder, "_WRITTEN_BYTES", written_bytes)
    recorder, moments = record(stream, tmp_path / "moment.dat", triggers, block=block)
    names = ["moment.dat", "moment-2.dat", "moment-3.dat"][: len(moments)]
    assert [path.name for path in recorder.recordings] == names
    for path, moment in zip(recorder.recordings, moments, strict=True):
        recorded = sc.open(path)
        expected = stream[max(0, moment - 20) : min(300, moment + 10)]
        assert np.array_equal(recorded.packed(), expected.packed())
        assert recorded.rate == 100


def test_a_trigger_while_frames_are_appended_has_all_its_frames(stream, tmp_path):
    with MomentRecorder(
        tmp_path / "moment.dat", GEOMETRY, seconds_before=0.2, seconds_after=0.02
    ) as recorder:
        recorder.append(stream[:100])
        recorder.trigger()
        # As a block that was begun before the trigger.
        recorder._requests, requests = type(recorder._requests)(), recorder._requests
        recorder.append(stream[100:110])
        recorder._requests = requests
        recorder.append(stream[110:150])
    recorded = sc.open(recorder.recordings[0]).packed()
    assert np.array_equal(recorded, stream[88:110].packed())
    assert recorder.missing_frames == 0


def test_a_disk_without_room_is_refused(tmp_path, monkeypatch):
    usage = SimpleNamespace(free=100)
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(sc.ResourceError, match=r"moment of 0 MB does not fit on the disk of .*dat"):
        MomentRecorder(tmp_path / "a/m.dat", GEOMETRY, seconds_before=1, seconds_after=1)


def test_names_that_are_taken_are_left_out(stream, tmp_path):
    (tmp_path / "moment.dat").write_bytes(b"mine")
    (tmp_path / "moment-3.dat").write_bytes(b"mine")
    recorder, _ = record(stream, tmp_path / "moment.dat", [50, 150])
    assert [path.name for path in recorder.recordings] == ["moment-2.dat", "moment-4.dat"]
    assert (tmp_path / "moment.dat").read_bytes() == b"mine"


def test_nothing_is_written_without_a_trigger(stream, tmp_path):
    recorder, _ = record(stream, tmp_path / "moment.dat", [])
    assert recorder.recordings == list(tmp_path.iterdir()) == []
    assert recorder.memory_bytes == 30 * 6


def test_frames_wait_for_a_slow_disk(stream, tmp_path, monkeypatch, slow_disk):
    monkeypatch.setattr(moment_recorder, "_WRITTEN_BYTES", 12)
    slow_disk(0.005)
    recorder, moments = record(stream, tmp_path / "moment.dat", [100, 101, 110])
    for path, moment in zip(recorder.recordings, moments, strict=True):
        expected = stream[moment - 20 : moment + 10]
        assert np.array_equal(sc.open(path).packed(), expected.packed())


def test_a_moment_ends_or_begins_where_frames_were_lost(stream, tmp_path):
    moments = []

    class Feed:
        geometry, leftover_bytes, lost_frames = GEOMETRY, 0, 0

        def __iter__(self):
            for start in range(0, 300, 5):
                if start in (100, 200):
                    recorder.trigger()
                if start in (105, 190):
                    self.lost_frames += 40
                yield stream[start : start + 5]

    with MomentRecorder(
        tmp_path / "moment.dat", GEOMETRY, seconds_before=0.2, seconds_after=0.1
    ) as recorder:
        recorder.on_moment = lambda *facts: moments.append(facts)
        live = LiveReconstruction(Feed(), "tfp", {"window": 5}, recorder=recorder)
        live.run()
    first, second = recorder.recordings
    assert moments == [(first, 25, 30), (second, 20, 30)]
    for path, (first, stop) in zip(recorder.recordings, [(80, 105), (190, 210)], strict=True):
        assert np.array_equal(sc.open(path).packed(), stream[first:stop].packed())
    # Frames 105 to 110 of the first, and 180 to 190 of the second.
    assert recorder.missing_frames == 15
    assert "15 frames of moments are missing" in live.summary()


def test_rows_wider_than_the_picture_are_recorded_as_they_are(tmp_path, spikes):
    packed = sc.SpikeStream.from_array(spikes(60, 5, 16)).packed()
    stream = sc.SpikeStream(packed, (5, 9), row_width=16)
    geometry = Geometry(5, 9, row_width=16, rate=100.0)
    recorder, (moment,) = record(stream, tmp_path / "moment.dat", [35], geometry=geometry)
    recorded = sc.open(recorder.recordings[0])
    assert np.array_equal(recorded.read(), stream[moment - 20 : moment + 10].read())


def test_a_disk_error_ends_it_with_a_sentence(stream, tmp_path, full_disk):
    with pytest.raises(sc.OutputError, match=r"moment\.dat: No space left"):
        record(stream, tmp_path / "moment.dat", [50])
    assert list(tmp_path.iterdir()) == []


def test_moments_that_cannot_be_are_refused(tmp_path):
    path = tmp_path / "moment.dat"
    with pytest.raises(sc.OptionError, match="give --rate"):
        MomentRecorder(path, Geometry(5, 9), seconds_before=1, seconds_after=1)
    with pytest.raises(sc.ResourceError, match=r"holding 1[0-9,]+ frames around a moment needs"):
        MomentRecorder(path, GEOMETRY, seconds_before=1e12, seconds_after=1)
    with pytest.raises(sc.OptionError, match="at least one frame"):
        MomentRecorder(path, GEOMETRY, seconds_before=0, seconds_after=0)
    with pytest.raises(sc.OptionError, match="are numbers from 0"):
        MomentRecorder(path, GEOMETRY, seconds_before=-1, seconds_after=2)
    for options in ({"seconds_before": np.nan}, {"seconds_after": np.inf}):
        with pytest.raises(sc.OptionError, match="are numbers from 0"):
            MomentRecorder(path, GEOMETRY, **{"seconds_before": 1, "seconds_after": 1, **options})
    with pytest.raises(sc.OutputError, match="s3:// begins an address; write to a file here"):
        MomentRecorder("s3://a/b.dat", GEOMETRY, seconds_before=1, seconds_after=1)
    with pytest.raises(sc.OutputError, match=r"is no \.dat file"):
        MomentRecorder(tmp_path / "a.png", GEOMETRY, seconds_before=1, seconds_after=1)
    with pytest.raises(sc.OptionError, match="a factor above 1, not 1"):
        MomentRecorder(path, GEOMETRY, seconds_before=1, seconds_after=1, jump=1.0)


def blocks_of_rate(rate, count):
    rng = np.random.default_rng(count)
    return [sc.SpikeStream.from_array(rng.random((10, 20, 20)) < rate) for _ in range(count)]


@pytest.mark.parametrize(("before", "after"), [(0.1, 0.3), (0.3, 0.1), (0.0, 0.2)])
def test_a_jump_of_the_firing_rate_is_detected_once(before, after):
    detector = RateJumpDetector(2.0, 1000)
    jumps = [detector.update(block) for block in blocks_of_rate(before, 30)]
    assert not any(jumps)
    assert [detector.update(block) for block in blocks_of_rate(after, 30)] == [True] + 29 * [False]
    assert not detector.update(blocks_of_rate(0.5, 1)[0][:0])


def test_a_jump_triggers_while_pictures_are_made(tmp_path):
    blocks = blocks_of_rate(0.1, 30) + blocks_of_rate(0.4, 30)

    class Feed:
        geometry = Geometry(20, 20, rate=1000.0)
        leftover_bytes = lost_frames = 0

        def __iter__(self):
            return iter(blocks)

    with MomentRecorder(
        tmp_path / "jump.dat", Feed.geometry, seconds_before=0.02, seconds_after=0.03, jump=2.0
    ) as recorder:
        live = LiveReconstruction(Feed(), "tfp", {"window": 5}, recorder=recorder)
        live.run()
        assert live.error is None
    expected = np.concatenate([block.packed() for block in blocks[28:33]])
    assert np.array_equal(sc.open(recorder.recordings[0]).packed(), expected)
    assert live.frame_count == 600


def test_it_is_triggered_from_another_thread(stream, tmp_path):
    with MomentRecorder(
        tmp_path / "a.dat", GEOMETRY, seconds_before=0.2, seconds_after=0.1
    ) as recorder:
        recorder.append(stream[:100])
        thread = threading.Thread(target=recorder.trigger)
        thread.start()
        thread.join()
        assert recorder.pending_count == 1
        recorder.append(stream[100:])
    assert recorder.pending_count == 0
    assert np.array_equal(sc.open(tmp_path / "a.dat").packed(), stream[80:110].packed())

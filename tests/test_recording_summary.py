import numpy as np

from spikecam.io.recording import write_recording
from spikecam.recording_summary import summarize_recording
from spikecam.stream import SpikeStream


def test_dead_and_saturated_pixels_and_the_mean_rate_are_counted():
    frames = np.zeros((20, 2, 3))
    frames[:, 0, 0] = 1
    frames[::2, 1, 1] = 1
    facts = summarize_recording(SpikeStream.from_array(frames, rate=1000))
    assert facts["frames"] == 20
    assert (facts["height"], facts["width"]) == (2, 3)
    assert facts["dead_pixels"] == 4
    assert facts["saturated_pixels"] == 1
    assert facts["mean_rate"] == 30 / 120
    assert facts["duration"] == 0.02


def test_of_a_long_recording_blocks_are_counted_from_the_first_to_the_last(monkeypatch, spikes):
    array = spikes(100, 3, 4)
    array[:, 0, 0] = 1
    array[95:, 0, 1] = 0
    stream = SpikeStream.from_array(array)
    monkeypatch.setattr("spikecam.recording_summary._BLOCK_BYTES", 2 * 5)
    monkeypatch.setattr("spikecam.recording_summary._MOST_COUNTED_BYTES", 2 * 20)
    facts = summarize_recording(stream)
    assert (facts["frames"], facts["counted_frames"]) == (100, 20)
    counted = array[[*range(5), *range(30, 35), *range(60, 65), *range(95, 100)]]
    assert facts["mean_rate"] == counted.mean()
    assert facts["saturated_pixels"] == 1
    whole = summarize_recording(stream, all_frames=True)
    assert (whole["counted_frames"], whole["mean_rate"]) == (100, array.mean())


def test_a_path_does_as_well(tmp_path, spikes):
    stream = SpikeStream.from_array(spikes(5, 3, 4))
    write_recording(tmp_path / "a.dat", stream)
    assert summarize_recording(tmp_path / "a.dat") == summarize_recording(stream)


def test_a_recording_without_frames_has_no_dead_pixels():
    facts = summarize_recording(SpikeStream.from_array(np.zeros((0, 4, 4))))
    assert (facts["dead_pixels"], facts["saturated_pixels"], facts["mean_rate"]) == (0, 0, 0)

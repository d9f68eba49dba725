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


def test_a_path_does_as_well(tmp_path, spikes):
    stream = SpikeStream.from_array(spikes(5, 3, 4))
    write_recording(tmp_path / "a.dat", stream)
    assert summarize_recording(tmp_path / "a.dat") == summarize_recording(stream)


def test_a_recording_without_frames_has_no_dead_pixels():
    facts = summarize_recording(SpikeStream.from_array(np.zeros((0, 4, 4))))
    assert (facts["dead_pixels"], facts["saturated_pixels"], facts["mean_rate"]) == (0, 0, 0)

import numpy as np

from spikecam.io.recording import write_recording
from spikecam.recording_summary import summary
from spikecam.stream import SpikeStream


def test_dead_and_saturated_pixels_and_the_mean_rate_are_counted():
    frames = np.zeros((20, 2, 3))
    frames[:, 0, 0] = 1
    frames[::2, 1, 1] = 1
    said = summary(SpikeStream.from_array(frames, rate=1000))
    assert said["frames"] == 20
    assert (said["height"], said["width"]) == (2, 3)
    assert said["dead_pixels"] == 4
    assert said["saturated_pixels"] == 1
    assert said["mean_rate"] == 30 / 120
    assert said["duration"] == 0.02


def test_a_path_does_as_well(tmp_path, spikes):
    stream = SpikeStream.from_array(spikes(5, 3, 4))
    write_recording(tmp_path / "a.dat", stream)
    assert summary(tmp_path / "a.dat") == summary(stream)

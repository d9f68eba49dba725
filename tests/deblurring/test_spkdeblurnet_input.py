import numpy as np
import pytest

import spikecam as sc
from spikecam.deblurring.spkdeblurnet_input import spkdeblurnet_input
from spikecam.networks.configs.spkdeblurnet import SpkDeblurNetConfig


def test_spikes_and_intervals_around_a_frame():
    spikes = np.zeros((40, 2, 3), np.uint8)
    spikes[::4] = 1
    spikes[21, 1, 2] = 1
    stream = sc.SpikeStream.from_array(spikes)
    window, maps = spkdeblurnet_input(stream, 22, SpkDeblurNetConfig(frames=12))
    assert np.array_equal(window, spikes[16:28])
    expected = np.full((1, 2, 3), 2 / 4, np.float32)
    expected[0, 1, 2] = 2 / 3
    np.testing.assert_allclose(maps, expected)


@pytest.mark.parametrize("frames", [12, 13])
def test_windows_that_leave_the_recording_are_refused(frames):
    config = SpkDeblurNetConfig(frames=frames)
    stream = sc.SpikeStream.from_array(np.zeros((20, 2, 3), np.uint8))
    last = 14 if frames == 12 else 13
    for frame in (6, last):
        assert len(spkdeblurnet_input(stream, frame, config)[0]) == frames
    for frame in (5, last + 1):
        with pytest.raises(sc.RangeError, match=f"choose a frame from 6 to {last}"):
            spkdeblurnet_input(stream, frame, config)
    with pytest.raises(sc.RangeError, match="has 11; it is too short"):
        spkdeblurnet_input(stream[:11], 6, config)

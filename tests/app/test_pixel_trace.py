import numpy as np
import pytest

import spikecam as sc
from spikecam.app.pixel_trace import trace_pixel


def test_a_trace_is_of_one_pixel(spikes):
    stream = sc.SpikeStream.from_array(spikes(2000, 6, 21, rate=0.1))
    trace = trace_pixel(stream, 17, 4, 1000)
    fired = np.flatnonzero(np.asarray(stream)[800:1201, 4, 17]) + 800
    assert trace.spike_frames == fired.tolist()
    assert trace.intervals == np.diff(fired).tolist()
    assert trace.rate == len(fired) / 401
    assert trace_pixel(stream, 0, 0, 3)[:2] == (0, 204)
    with pytest.raises(sc.OptionError, match="no pixel 21, 4 in frames of 21x6"):
        trace_pixel(stream, 21, 4, 1000)

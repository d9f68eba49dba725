import numpy as np
import pytest

import spikecam as sc
from spikecam.reconstruction.recent_counts import RecentCounts


@pytest.mark.parametrize("length", [1, 7, 62, 63, 64, 130, 200])
def test_the_last_frames_are_counted_exactly(spikes, length):
    array = spikes(500, 5, 9)
    recent, stop = RecentCounts((5, 9), length), 0
    for block in [3, 0, 9, 1, 25, 2, 64, 63, 100, 16, 16, 16, 150]:
        recent.append(sc.SpikeStream.from_array(array[stop : stop + block]))
        stop += block
        last = array[max(0, stop - length) : stop]
        assert len(recent) == len(last)
        assert np.array_equal(recent.count(), last.sum(axis=0))
        # Counting changes nothing.
        assert np.array_equal(recent.count(), last.sum(axis=0))


def test_frames_are_counted_in_the_slots_they_were_written_to(spikes):
    array = spikes(300, 5, 9)
    recent, stop = RecentCounts((5, 9), 100), 0
    while stop < 280:
        slots = recent.writable_slots(16, 6)
        slots[:] = sc.SpikeStream.from_array(array[stop : stop + len(slots)]).packed()
        recent.append(sc.SpikeStream(slots, (5, 9)))
        stop += len(slots)
        assert np.array_equal(recent.count(), array[max(0, stop - 100) : stop].sum(axis=0))


def test_rows_of_another_width_begin_anew(spikes):
    recent = RecentCounts((5, 9), 100)
    recent.append(sc.SpikeStream.from_array(spikes(90, 5, 9)))
    wide = sc.SpikeStream(
        sc.SpikeStream.from_array(spikes(80, 5, 16)).packed(), (5, 9), row_width=16
    )
    recent.append(wide)
    assert len(recent) == 80
    assert np.array_equal(recent.count(), wide.read().sum(axis=0))

import numpy as np
import pytest

import spikecam as sc
from spikecam.reconstruction.recent_frames import RecentFrames


@pytest.mark.parametrize("blocks", [[3], [7, 7], [3, 0, 9, 1, 25, 2], [5] * 9, [40]])
def test_the_last_frames_are_held_in_order(spikes, blocks):
    array = spikes(sum(blocks), 5, 9)
    recent, stop = RecentFrames((5, 9), 7), 0
    for block in blocks:
        recent.append(sc.SpikeStream.from_array(array[stop : stop + block]))
        stop += block
        last = array[max(0, stop - 7) : stop]
        assert len(recent) == len(last)
        assert np.array_equal(np.asarray(recent.stream), last)


def test_frames_are_copied_since_their_memory_is_used_again(spikes):
    packed = sc.SpikeStream.from_array(spikes(4, 5, 9)).packed().copy()
    recent = RecentFrames((5, 9), 7)
    recent.append(sc.SpikeStream(packed, (5, 9)))
    before = np.asarray(recent.stream)
    packed[:] = 0
    assert np.array_equal(np.asarray(recent.stream), before)


def test_rows_of_another_width_begin_anew(spikes):
    recent = RecentFrames((5, 9), 7)
    recent.append(sc.SpikeStream.from_array(spikes(4, 5, 9)))
    wide = sc.SpikeStream(
        sc.SpikeStream.from_array(spikes(3, 5, 16)).packed(), (5, 9), row_width=16
    )
    recent.append(wide)
    assert np.array_equal(np.asarray(recent.stream), wide.read())


def test_frames_that_were_written_to_their_slots_are_not_copied(spikes):
    array = spikes(70, 5, 9)
    recent, stop = RecentFrames((5, 9), 7), 0
    while stop < len(array):
        slots = recent.writable_slots(min(4, len(array) - stop), 6)
        slots[:] = sc.SpikeStream.from_array(array[stop : stop + len(slots)]).packed()
        held = np.asarray(recent.stream)
        assert np.array_equal(held, array[max(0, stop - 7) : stop])
        recent.append(sc.SpikeStream(slots, (5, 9)))
        stop += len(slots)
        assert np.shares_memory(recent.parts(stop - 1, stop)[0], slots)
        assert np.array_equal(np.asarray(recent.stream), array[max(0, stop - 7) : stop])
    assert recent.writable_slots(4, 7) is None
